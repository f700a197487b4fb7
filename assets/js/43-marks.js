/* The shapes of points: a mark says in form what a colour says in colour. Used on the map and in legends. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const TURN = 2 * Math.PI;

  function polygon(ctx, corners, size) {
    corners.forEach(([x, y], i) => (i ? ctx.lineTo(x * size, y * size) : ctx.moveTo(x * size, y * size)));
    ctx.closePath();
  }

  function circle(ctx, size) {
    ctx.arc(0, 0, size, 0, TURN);
  }

  const TRIANGLE = [[0, -1.25], [1.15, 0.85], [-1.15, 0.85]];
  const SQUARE = [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]];
  const DIAMOND = [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]];
  /** A camera seen from above: body and lens, looking right. */
  const CAMERA = [
    [-1.25, -0.7], [0.45, -0.7], [0.45, -0.3], [1.25, -0.75], [1.25, 0.75], [0.45, 0.3], [0.45, 0.7], [-1.25, 0.7],
  ];

  const PATHS = {
    circle,
    triangle: (ctx, size) => polygon(ctx, TRIANGLE, size),
    square: (ctx, size) => polygon(ctx, SQUARE, size),
    diamond: (ctx, size) => polygon(ctx, DIAMOND, size),
    camera: (ctx, size) => polygon(ctx, CAMERA, size),
  };

  /** A mark may be named with a finish: "camera-off" is crossed out, "camera-unknown" is hollow. */
  function parts(mark) {
    const [shape, finish] = String(mark).split(/[-_]/);
    return { path: PATHS[shape] || circle, finish: finish || "full" };
  }

  /** A gathering of several, a part of them overdue. */
  function cluster(ctx, size, color) {
    [[0, TURN, color, 0.35], [-TURN / 4, TURN / 12, gezhi.token("--overdue"), 0.6]].forEach(
      ([from, to, ink, width]) => {
        ctx.beginPath();
        ctx.arc(0, 0, size * 1.15, from, to);
        ctx.lineWidth = size * width;
        ctx.strokeStyle = ink;
        ctx.stroke();
      }
    );
  }

  /** A border: a dashed line, as on the map. */
  function border(ctx, size, color) {
    ctx.beginPath();
    ctx.setLineDash([size * 0.8, size * 0.5]);
    ctx.moveTo(-size * 1.4, 0);
    ctx.lineTo(size * 1.4, 0);
    ctx.lineWidth = size * 0.4;
    ctx.strokeStyle = color;
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** Room for the longest mark with its halo, in sizes of the mark. */
  const STAMP_SIDE = 3.6;
  const stamps = new Map();
  gezhi.on("theme", () => stamps.clear());
  gezhi.on("view", () => stamps.size > 200 && stamps.clear());

  const LINES = { cluster, outline: border };

  gezhi.marks = {
    /** Draw a mark about the origin of the context. */
    draw(ctx, mark, size, color) {
      if (LINES[mark]) {
        LINES[mark](ctx, size, color);
        return;
      }
      const { path, finish } = parts(mark);
      const isHollow = finish === "unknown" || finish === "hollow";
      ctx.beginPath();
      path(ctx, size);
      ctx.lineJoin = "round";
      ctx.lineWidth = size * 0.5;
      ctx.strokeStyle = gezhi.token("--map-halo");
      ctx.stroke();
      ctx.fillStyle = isHollow ? gezhi.token("--map-halo") : color;
      ctx.fill();
      if (isHollow) {
        ctx.lineWidth = size * 0.3;
        ctx.strokeStyle = color;
        ctx.stroke();
      }
      if (finish === "off" || finish === "offline") this.strike(ctx, size);
    },

    strike(ctx, size) {
      [[size * 0.75, "--map-halo"], [size * 0.32, "--bad"]].forEach(([width, token]) => {
        ctx.beginPath();
        ctx.moveTo(-size * 1.2, size * 1.2);
        ctx.lineTo(size * 1.2, -size * 1.2);
        ctx.lineCap = "round";
        ctx.lineWidth = width;
        ctx.strokeStyle = gezhi.token(token);
        ctx.stroke();
      });
    },

    /** Draw a mark on a canvas of its own, in the middle of a square. */
    picture(mark, color, size, side, ratio) {
      const canvas = gezhi.el("canvas", "swatch-mark");
      canvas.width = canvas.height = Math.round(side * ratio);
      const ctx = canvas.getContext("2d");
      ctx.setTransform(ratio, 0, 0, ratio, canvas.width / 2, canvas.height / 2);
      this.draw(ctx, mark, size, color);
      return canvas;
    },

    /** Make a small picture of a mark for a legend. */
    swatch(mark, color) {
      const side = Math.round(16 * gezhi.scale());
      const canvas = this.picture(mark, color, side * 0.32, side, Math.min(2, window.devicePixelRatio || 1));
      canvas.setAttribute("aria-hidden", "true");
      return canvas;
    },

    /** Stamp a mark about the origin; thousands are stamped from one picture of each kind. */
    stamp(ctx, mark, size, color, ratio) {
      const side = Math.ceil(size * STAMP_SIDE);
      const key = [mark, color, size.toFixed(2), ratio].join();
      if (!stamps.has(key)) stamps.set(key, this.picture(mark, color, size, side, ratio));
      ctx.drawImage(stamps.get(key), -side / 2, -side / 2, side, side);
    },
  };
})();
