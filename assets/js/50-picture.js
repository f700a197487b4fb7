/* The hot path: fetches each visible layer, draws it, and keeps the last good picture with its age. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const API_KEYS = [
    "period", "from", "to", "scheme", "level", "grid", "measure", "category", "stage", "priority",
    "source", "agency", "overdue",
  ];
  const PAINTERS = { area: gezhi.areaPainter, cell: gezhi.cellPainter, point: gezhi.pointPainter };
  const FIRST_Z = 410;
  const POINTS_Z = 450;
  const TIMEOUT_MS = 20000;
  const SETTLE_MS = 120;
  const RETRY_MS = 5000;
  const LONGEST_RETRY_MS = 60000;
  const WATCH_MS = 1000;
  const KEPT_SHAPES = 24;

  const layers = new Map();
  const shapes = new Map();
  let settle = 0;
  let focusParts = null;
  let hovered = null;
  let located = null;

  const overlay = {
    mask: new gezhi.CanvasLayer("layer-focus", 440, (ctx, frame) => gezhi.paintFocus(ctx, frame, focusParts)),
    labels: new gezhi.CanvasLayer("layer-labels", 490, paintNames),
    hover: new gezhi.CanvasLayer("layer-hover", 500, paintHover),
  };

  function paintNames(ctx, frame) {
    const painters = shown().map((layer) => layer.painter);
    const obstacles = painters.flatMap((each) => (each.obstacles ? each.obstacles(frame) : []));
    gezhi.paintLabels(ctx, frame, painters.filter((each) => each.units), obstacles);
  }

  function paintHover(ctx, frame) {
    const sel = gezhi.state.get().sel;
    shown().forEach(({ painter }) => {
      const chosen = painter.selected && painter.selected(sel);
      if (chosen) gezhi.paintOutline(ctx, frame, painter, chosen, true);
    });
    const isDrawn = shown().some(({ painter }) => painter.selected && painter.selected(sel));
    if (located && located.sel === sel && !isDrawn) gezhi.paintPin(ctx, frame, located);
    if (hovered) gezhi.paintOutline(ctx, frame, hovered.painter, hovered.found, false);
  }

  function shown() {
    return [...layers.values()].filter((layer) => layer.isVisible);
  }

  function visibleKeys() {
    const named = gezhi.state.get().layers;
    if (named === "none") return [];
    if (named) return named.split(",");
    return [...layers.values()].filter((layer) => layer.about.on_by_default).map((layer) => layer.about.key);
  }

  function query() {
    const state = gezhi.state.get();
    const asked = new URLSearchParams();
    API_KEYS.filter((key) => state[key]).forEach((key) => asked.set(key, state[key]));
    ["lang", "theme"].forEach((key) => asked.set(key, gezhi.state.resolved(key)));
    asked.set("bbox", gezhi.ground.bbox().join(","));
    asked.set("z", String(Math.round(gezhi.ground.zoom())));
    return asked.toString();
  }

  /** Outlines of one revision are read once; the browser's own cache asks whether a newer one differs. */
  async function fetchShapes(url, revision) {
    const key = revision + " " + url;
    if (!shapes.has(key)) {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error("status " + answer.status);
      if (shapes.size >= KEPT_SHAPES) shapes.clear();
      shapes.set(key, await answer.json());
    }
    return shapes.get(key);
  }

  async function ask(layer, url) {
    const headers = layer.url === url && layer.etag ? { "If-None-Match": layer.etag } : {};
    const answer = await fetch(url, { headers, signal: layer.abort.signal, cache: "no-store" });
    if (answer.status === 304) return;
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error ? body.error.message : "status " + answer.status);
    await layer.painter.accept(body, fetchShapes);
    Object.assign(layer, { url, etag: answer.headers.get("ETag"), answer: body });
    overlay.labels.redraw();
    overlay.hover.redraw();
  }

  /** Read one layer; a newer question takes the place of one in flight, the same one does not. */
  async function load(layer) {
    const url = "/api/v1/layers/" + layer.about.key + "?" + query();
    if (layer.abort && layer.asking === url) return;
    if (layer.abort) layer.abort.abort("newer");
    const abort = (layer.abort = new AbortController());
    layer.asking = url;
    layer.isDue = false;
    const timer = setTimeout(() => abort.abort("slow"), TIMEOUT_MS);
    try {
      await ask(layer, url);
      Object.assign(layer, { failures: 0, checkedAt: performance.now(), error: null });
    } catch (error) {
      if (layer.abort === abort) failed(layer, error);
    } finally {
      clearTimeout(timer);
      if (layer.abort === abort) layer.abort = null;
      gezhi.emit("layer", layer);
    }
  }

  function failed(layer, error) {
    layer.failures += 1;
    layer.error = String(error && error.message ? error.message : error);
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (layer.failures - 1));
    layer.retryAt = performance.now() + wait * (0.75 + Math.random() / 2);
  }

  function loadShown() {
    if (gezhi.ground.map()) shown().forEach(load);
  }

  function loadSoon() {
    clearTimeout(settle);
    settle = setTimeout(loadShown, SETTLE_MS);
  }

  function mount() {
    const map = gezhi.ground.map();
    if (!map) return;
    const keys = visibleKeys();
    layers.forEach((layer) => {
      const isWanted = keys.includes(layer.about.key);
      if (isWanted && !map.hasLayer(layer.painter.canvas)) map.addLayer(layer.painter.canvas);
      if (!isWanted && map.hasLayer(layer.painter.canvas)) map.removeLayer(layer.painter.canvas);
      layer.isVisible = isWanted;
      gezhi.emit("layer", layer);
    });
    Object.values(overlay).forEach((canvas) => {
      if (!map.hasLayer(canvas)) map.addLayer(canvas);
      else canvas.redraw();
    });
  }

  function redrawAll() {
    layers.forEach((layer) => layer.painter.canvas.redraw());
    Object.values(overlay).forEach((canvas) => canvas.redraw());
  }

  /** Ask again what failed, and what its refresh interval has outlived: time itself moves figures. */
  function watch() {
    const now = performance.now();
    if (!gezhi.ground.map()) return;
    shown().forEach((layer) => {
      if (layer.abort) return;
      const isLate = layer.checkedAt !== null && now - layer.checkedAt > layer.about.refresh_s * 1000;
      if (layer.failures ? now >= layer.retryAt : isLate || layer.isDue) load(layer);
    });
    gezhi.emit("tick", shown());
  }

  /** Declare the layers once, in drawing order. */
  function declare(abouts) {
    if (layers.size) return;
    abouts.forEach((about, i) => {
      // Points lie over the mask round the chosen grid, so that it cuts no bubble in two.
      const painter = PAINTERS[about.shape](about.key, (about.shape === "point" ? POINTS_Z : FIRST_Z) + i);
      layers.set(about.key, {
        about, painter, isVisible: false, url: null, etag: null, answer: null, abort: null, asking: null,
        failures: 0, retryAt: 0, checkedAt: null, error: null, isDue: false,
      });
    });
    setInterval(watch, WATCH_MS);
    mount();
    loadShown();
  }

  gezhi.on("map", () => {
    mount();
    loadShown();
  });
  gezhi.on("view", loadSoon);
  gezhi.on("theme", redrawAll);
  gezhi.on("state", (_, changed) => {
    if (changed.includes("layers")) mount();
    if (changed.some((key) => API_KEYS.includes(key) || ["layers", "lang", "theme"].includes(key))) loadSoon();
    if (changed.includes("sel")) overlay.hover.redraw();
  });
  gezhi.on("contact", (moved) => {
    shown().filter((layer) => moved.includes(layer.about.key)).forEach((layer) => (layer.isDue = true));
  });

  gezhi.picture = {
    declare, shown, visibleKeys, defaultKeys: () => [...layers.values()].filter((l) => l.about.on_by_default).map((l) => l.about.key),
    layer: (key) => layers.get(key),
    order: () => [...layers.keys()],

    setFocus(parts) {
      focusParts = parts ? parts.map((part) => part.map(gezhi.projectRing)) : null;
      overlay.mask.redraw();
    },

    /** Mark where the selected thing lies even while it is drawn as a part of a bubble, or not at all. */
    setLocated(where) {
      located = where;
      overlay.hover.redraw();
    },

    setHovered(next) {
      const isSame = (next && next.found) === (hovered && hovered.found);
      hovered = next;
      if (!isSame) overlay.hover.redraw();
    },
  };
})();
