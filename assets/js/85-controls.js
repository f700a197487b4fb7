/* Controls and state: what each control writes into the address, and what the address makes it show. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const DAY_MS = 86400000;
  const DEFAULT_PERIOD = "30d";
  const PRESET_DAYS = { today: 1, "7d": 7, "30d": 30 };
  const FILTERS = ["category", "stage", "priority", "source", "agency", "overdue"];

  const list = (key) => ({
    read: (state) => (state[key] ? state[key].split(",") : []),
    write: (value) => ({ [key]: (value || []).join(",") || null }),
  });

  const choice = (key, absent) => ({
    read: (state) => state[key] || absent,
    write: (value) => ({ [key]: value && value !== absent ? value : null }),
  });

  /** Language and theme are always written: the address then says what it shows. */
  const preference = (key) => ({
    read: () => gezhi.state.resolved(key),
    write: (value) => ({ [key]: value }),
  });

  const day = (at) => at.toISOString().slice(0, 10);

  /** First and last local day of a named period, as the server counts them. */
  function daysOf(period) {
    const today = new Date(gezhi.clock.write(new Date(gezhi.now()).toISOString()).slice(0, 10) + "T00:00:00Z");
    if (PRESET_DAYS[period]) return [day(new Date(today - (PRESET_DAYS[period] - 1) * DAY_MS)), day(today)];
    const first = new Date(today);
    first.setUTCFullYear(first.getUTCFullYear() - 1);
    if (first.getUTCMonth() !== today.getUTCMonth()) first.setUTCDate(0); // 29 February looks back to the 28th
    return [day(first), day(today)];
  }

  const CODECS = {
    period: {
      read: (state) => (state.from || state.to ? "custom" : state.period || DEFAULT_PERIOD),
      write: (value) =>
        value === "custom" ? {} : { period: value === DEFAULT_PERIOD ? null : value, from: null, to: null },
    },
    range: {
      read: (state) =>
        state.from || state.to
          ? [state.from || state.to, state.to || state.from]
          : daysOf(state.period || DEFAULT_PERIOD),
      write: (value) => (value && value[0] && value[1] ? { from: value[0], to: value[1], period: null } : {}),
    },
    category: list("category"),
    stage: list("stage"),
    priority: list("priority"),
    source: list("source"),
    agency: list("agency"),
    measure: choice("measure", "rate"),
    level: choice("level", "auto"),
    scheme: {
      read: (state) => state.scheme || gezhi.controls.firstScheme,
      write: (value) => ({
        scheme: value === gezhi.controls.firstScheme ? null : value, grid: null, level: null, c: null, z: null,
      }),
    },
    lang: preference("lang"),
    theme: preference("theme"),
  };

  const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  function showFilters() {
    const state = gezhi.state.get();
    const active = FILTERS.reduce((sum, key) => sum + (state[key] ? state[key].split(",").length : 0), 0);
    document.querySelectorAll("[data-flip]").forEach((node) => {
      node.setAttribute("aria-checked", String(Boolean(state[node.dataset.flip])));
    });
    const [count, bar] = ["filters-active", "filters-told"].map((id) => document.getElementById(id));
    if (!count || !bar) return;
    count.hidden = bar.hidden = !active;
    gezhi.write(count, String(active));
    gezhi.write(bar.querySelector(".filters-told"), gezhi.say("panel.filters_active", { n: active }));
  }

  document.addEventListener("click", function (event) {
    const node = event.target.closest("[data-flip]");
    if (!node) return;
    const key = node.dataset.flip;
    gezhi.state.patch({ [key]: gezhi.state.get()[key] ? null : "1" });
  });

  gezhi.on("state", showFilters);
  gezhi.on("words", showFilters);

  gezhi.controls = {
    firstScheme: null,

    /** Write what the user has just chosen; a control that was only brought up to date changes nothing. */
    choose(inputs) {
      const state = gezhi.state.get();
      inputs.forEach(({ id, value }) => {
        const codec = CODECS[id.control];
        if (codec && value !== undefined && !isSame(codec.read(state), value)) {
          gezhi.state.patch(codec.write(value));
        }
      });
    },

    /** Return the value that each control has to show, or `unchanged` where it shows it already. */
    reflect(outputs, shown, unchanged) {
      const state = gezhi.state.get();
      return outputs.map(({ id }, i) => {
        const value = CODECS[id.control].read(state);
        return isSame(value, shown[i]) ? unchanged : value;
      });
    },
  };
})();
