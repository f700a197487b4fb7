/* H3 cells coloured by class. Outlines are computed once for each cell and kept. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const KEPT_OUTLINES = 60000;
  /** Long paths are slow to fill in software: this many cells a path measured best. */
  const CELLS_A_PATH = 48;
  const GAP = 0.94;
  const GAP_FROM_PX = 9;

  const outlines = new Map();

  /** Projected corners, then the projected centre. */
  function outlineOf(cell) {
    const kept = outlines.get(cell);
    if (kept) return kept;
    if (outlines.size > KEPT_OUTLINES) outlines.clear();
    const corners = window.h3.cellToBoundary(cell);
    const flat = new Float64Array(corners.length * 2 + 2);
    let [sumX, sumY] = [0, 0];
    corners.forEach(([lat, lon], i) => {
      const [x, y] = gezhi.ground.project(lon, lat);
      flat[2 * i] = x;
      flat[2 * i + 1] = y;
      sumX += x;
      sumY += y;
    });
    flat[flat.length - 2] = sumX / corners.length;
    flat[flat.length - 1] = sumY / corners.length;
    outlines.set(cell, flat);
    return flat;
  }

  /** Add one cell to the path, drawn in by `inset` towards its centre. */
  function traceCell(ctx, flat, frame, inset) {
    const end = flat.length - 2;
    const [midX, midY] = [frame.x(flat[end]), frame.y(flat[end + 1])];
    for (let i = 0; i < end; i += 2) {
      const x = midX + (frame.x(flat[i]) - midX) * inset;
      const y = midY + (frame.y(flat[i + 1]) - midY) * inset;
      if (i) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
    }
    ctx.closePath();
  }

  function widthPx(flat, frame) {
    return Math.abs(frame.x(flat[0]) - frame.x(flat[6] || flat[0])) + Math.abs(frame.y(flat[1]) - frame.y(flat[7] || flat[1]));
  }

  function fillClass(ctx, cells, frame, inset) {
    for (let start = 0; start < cells.length; start += CELLS_A_PATH) {
      ctx.beginPath();
      cells.slice(start, start + CELLS_A_PATH).forEach((flat) => traceCell(ctx, flat, frame, inset));
      ctx.fill();
    }
  }

  /** Make the painter of one cell layer. */
  gezhi.cellPainter = function (key, zIndex) {
    let legend = { classes: [] };
    let byClass = [];
    let counts = new Map();
    let resolution = 0;

    function paint(ctx, frame) {
      byClass.forEach((cells, index) => {
        const shade = legend.classes[index];
        if (!shade || !cells.length) return;
        ctx.fillStyle = gezhi.alpha(shade.color, Number(gezhi.token("--cell-opacity")));
        fillClass(ctx, cells, frame, widthPx(cells[0], frame) > GAP_FROM_PX ? GAP : 1);
      });
    }

    const canvas = new gezhi.CanvasLayer("layer-" + key, zIndex, paint);

    function accept(answer) {
      const table = gezhi.cellTable(answer.cell_table, answer.resolution);
      legend = answer.legend;
      resolution = answer.resolution;
      byClass = legend.classes.map(() => []);
      counts = new Map();
      table.cells.forEach((cell, i) => {
        byClass[table.classes[i]].push(outlineOf(cell));
        counts.set(cell, { cell, count: table.counts[i], class: table.classes[i] });
      });
      canvas.redraw();
    }

    return {
      key, canvas, shape: "cell", accept,

      clear() {
        outlines.clear();
        byClass = [];
        counts = new Map();
        canvas.redraw();
      },

      hit(x, y, place) {
        if (!counts.size) return null;
        return counts.get(window.h3.latLngToCell(place[1], place[0], resolution)) || null;
      },

      describe(found) {
        const shade = legend.classes[found.class];
        return {
          title: gezhi.say("map.count_cell", { n: gezhi.number(found.count) }),
          lines: [legend.title + (shade ? "  " + shade.label : ""), "H3 " + found.cell],
          color: shade ? shade.color : null,
        };
      },

      outline(ctx, found, frame) {
        ctx.beginPath();
        traceCell(ctx, outlineOf(found.cell), frame, 1);
      },
    };
  };
})();
