/* Everything beside the map: clock, keyboard, buttons that carry a change of state, the side panel. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  let zone = "Asia/Shanghai";
  let place = null;

  const FORMAT = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

  function fields(moment, extra) {
    const format = new Intl.DateTimeFormat("en-CA", Object.assign({ timeZone: zone }, FORMAT, extra));
    return Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, part.value]));
  }

  gezhi.clock = {
    setZone: (name) => (zone = name),

    /** Write a time to the minute in the installation's zone. */
    write(iso) {
      const at = fields(new Date(iso));
      return `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}`;
    },
  };

  function tick() {
    const node = document.getElementById("header-clock");
    if (!node) return;
    const at = fields(new Date(gezhi.now()), { second: "2-digit" });
    const weekday = new Intl.DateTimeFormat(gezhi.lang(), { timeZone: zone, weekday: "short" }).format(gezhi.now());
    gezhi.write(node.querySelector(".clock-date"), `${at.year}-${at.month}-${at.day} ${weekday}`);
    gezhi.write(node.querySelector(".clock-time"), `${at.hour}:${at.minute}:${at.second}`);
  }
  setInterval(tick, 1000);
  gezhi.on("words", tick);

  /** Empty the search box; its callback then empties the list. */
  function leaveSearch() {
    window.dash_clientside.set_props("search-text", { value: "" });
  }

  /** What a button with this data attribute does; each gets the attribute's value. */
  const ACTS = {
    patch(value, button) {
      const changes = JSON.parse(value);
      if (changes.scheme && changes.scheme === gezhi.controls.firstScheme) changes.scheme = null;
      gezhi.state.patch(changes);
      if (button.closest(".search")) leaveSearch();
    },
    layer: (value) => gezhi.cards.toggle(value),
    zoom: (value) => gezhi.ground.map() && gezhi.ground.map().setZoom(gezhi.ground.zoom() + Number(value)),
    home: () => gezhi.ground.home(place),
    panel: () => {
      document.documentElement.classList.toggle("panel-hidden");
      const map = gezhi.ground.map();
      if (map) map.invalidateSize({ animate: false });
    },
  };

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-patch],[data-toggle-layer],[data-zoom],[data-home],[data-panel]");
    if (!button) return;
    event.preventDefault();
    const { patch, toggleLayer, zoom, home, panel } = button.dataset;
    const acts = { patch, layer: toggleLayer, zoom, home, panel };
    Object.entries(acts).forEach(([name, value]) => value !== undefined && ACTS[name](value, button));
  });

  /** Escape closes what is open: the details first, then one step out of the chosen grid. */
  function escape() {
    const { sel, grid } = gezhi.state.get();
    if (sel) gezhi.state.patch({ sel: null });
    else if (grid) gezhi.state.patch({ grid: (place && place.parent) || null, c: null, z: null });
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && document.querySelector(".kpi-box[aria-expanded=true]")) return;
    const isTyping = event.target.closest("input, textarea, [role=dialog], [role=listbox], .kpi-popover");
    if (event.key === "Escape" && gezhi.choices.isOpen()) gezhi.choices.close();
    else if (event.key === "Escape" && event.target.closest(".search")) leaveSearch();
    else if (event.key === "Escape" && !isTyping) escape();
    const first = event.key === "Enter" && event.target.closest(".search") && document.querySelector(".search-hit");
    if (first && event.target.id === "search-text") first.click();
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
      const search = document.getElementById("search-text");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  let chosen = null;
  gezhi.on("state", (state, changed) => {
    if (changed.includes("sel")) chosen = state.sel || null;
  });

  gezhi.screen = {
    /** Show where the thing lies that was just selected, beside the drawer and not under it. */
    reveal(where) {
      if (where.sel !== chosen) return;
      chosen = null;
      const drawer = document.getElementById("details");
      gezhi.ground.reveal(where.lon, where.lat, drawer ? drawer.offsetWidth : 0);
    },

    /** Take the place that the server found for the present choice. */
    setPlace(next) {
      place = next;
      gezhi.picture.setFocus(next && next.parts);
      gezhi.ground.focus(next);
    },
    place: () => place,
  };
})();
