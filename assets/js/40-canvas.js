/* A canvas that lies over the map, follows its zoom animation and is redrawn when the map rests. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const L = window.L;
  const PADDING = 0.1;

  gezhi.CanvasLayer = L.Layer.extend({
    /** `paint(ctx, frame)` draws; a frame turns projected places into pixels of this canvas. */
    initialize(paneName, zIndex, paint) {
      this._paneName = paneName;
      this._zIndex = zIndex;
      this._paint = paint;
    },

    onAdd(map) {
      const pane = map.getPane(this._paneName) || map.createPane(this._paneName);
      pane.style.zIndex = this._zIndex;
      pane.style.pointerEvents = "none";
      this._canvas = L.DomUtil.create("canvas", "map-canvas leaflet-zoom-animated", pane);
      this._canvas.dataset.pane = this._paneName;
      this._place();
    },

    onRemove() {
      cancelAnimationFrame(this._asked);
      this._asked = 0;
      this._canvas.remove();
    },

    getEvents() {
      return { moveend: this._place, viewreset: this._place, resize: this._place, zoomanim: this._animate };
    },

    redraw() {
      if (!this._map || this._asked) return;
      this._asked = requestAnimationFrame(() => {
        this._asked = 0;
        this._draw();
      });
    },

    _place() {
      const map = this._map;
      const size = map.getSize();
      const pad = size.multiplyBy(PADDING).round();
      const corner = map.containerPointToLayerPoint(pad.multiplyBy(-1)).round();
      const ratio = Math.min(2, Math.max(1, window.devicePixelRatio || 1));
      const [width, height] = [size.x + 2 * pad.x, size.y + 2 * pad.y];
      const origin = map.getPixelOrigin().add(corner);
      const scale = Math.pow(2, map.getZoom());
      this._frame = {
        width, height, ratio, zoom: map.getZoom(), scale, unit: gezhi.scale(),
        visible: { left: pad.x, top: pad.y, right: pad.x + size.x, bottom: pad.y + size.y },
        x: (x) => x * scale - origin.x,
        y: (y) => y * scale - origin.y,
        place: (x, y) => [(x + origin.x) / scale, (y + origin.y) / scale],
      };
      this._corner = map.layerPointToLatLng(corner);
      L.DomUtil.setTransform(this._canvas, corner, 1);
      this._draw();
    },

    _animate(event) {
      const point = this._map._latLngToNewLayerPoint(this._corner, event.zoom, event.center);
      L.DomUtil.setTransform(this._canvas, point, this._map.getZoomScale(event.zoom, this._frame.zoom));
    },

    _draw() {
      const { width, height, ratio } = this._frame;
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (this._canvas.width !== wide || this._canvas.height !== high) {
        this._canvas.width = wide;
        this._canvas.height = high;
        this._canvas.style.width = width + "px";
        this._canvas.style.height = height + "px";
      }
      const ctx = this._canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      ctx.clearRect(0, 0, width, height);
      this._paint(ctx, this._frame);
    },
  });

  /** Add a closed ring (x, y, x, y, … projected) to the path, leaving out steps under half a pixel. */
  gezhi.trace = function (ctx, ring, frame) {
    let lastX = Infinity;
    let lastY = Infinity;
    for (let i = 0; i < ring.length; i += 2) {
      const x = frame.x(ring[i]);
      const y = frame.y(ring[i + 1]);
      if (i === 0) ctx.moveTo(x, y);
      else if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.5) continue;
      else ctx.lineTo(x, y);
      lastX = x;
      lastY = y;
    }
    ctx.closePath();
  };

  /** Project a flat ring of longitudes and latitudes. */
  gezhi.projectRing = function (ring) {
    const flat = new Float64Array(ring.length);
    for (let i = 0; i < ring.length; i += 2) {
      const [x, y] = gezhi.ground.project(ring[i], ring[i + 1]);
      flat[i] = x;
      flat[i + 1] = y;
    }
    return flat;
  };

  /** Return "#rrggbb" with an opacity. */
  gezhi.alpha = function (hex, opacity) {
    const value = parseInt(hex.slice(1), 16);
    return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${opacity})`;
  };
})();
