/* Polygons coloured by class: grids and administrative areas. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  function outlineBox(parts) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    parts.forEach((part) => {
      const ring = part[0];
      for (let i = 0; i < ring.length; i += 2) {
        box[0] = Math.min(box[0], ring[i]);
        box[1] = Math.min(box[1], ring[i + 1]);
        box[2] = Math.max(box[2], ring[i]);
        box[3] = Math.max(box[3], ring[i + 1]);
      }
    });
    return box;
  }

  function isInRing(ring, x, y) {
    let inside = false;
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  }

  function holds(unit, x, y) {
    const [west, north, east, south] = unit.box;
    if (x < west || x > east || y < north || y > south) return false;
    return unit.parts.some(
      (part) => isInRing(part[0], x, y) && !part.slice(1).some((hole) => isInRing(hole, x, y))
    );
  }

  function readShapes(shapes) {
    const byId = new Map();
    shapes.id.forEach((id, i) => {
      const parts = shapes.parts[i].map((part) => part.map(gezhi.projectRing));
      byId.set(id, { parts, box: outlineBox(parts), label: gezhi.ground.project(...shapes.label[i]) });
    });
    return byId;
  }

  function unitsOf(answer, shapes) {
    const { id, code, name, text, class: classes } = answer.units;
    return id.flatMap((each, i) => {
      const shape = shapes.get(each);
      if (!shape) return [];
      return [Object.assign({ id: each, code: code[i], name: name[i], text: text[i], class: classes[i] }, shape)];
    });
  }

  /** What is not known is neither empty nor nought: it is hatched. */
  function hatching(ctx, frame) {
    const side = Math.round(8 * frame.unit);
    const tile = gezhi.el("canvas");
    tile.width = tile.height = side;
    const pen = tile.getContext("2d");
    pen.strokeStyle = gezhi.token("--map-hatch");
    pen.lineWidth = frame.unit;
    pen.beginPath();
    [[0, side, side, 0], [-1, 1, 1, -1], [side - 1, side + 1, side + 1, side - 1]].forEach(
      ([x, y, toX, toY]) => {
        pen.moveTo(x, y);
        pen.lineTo(toX, toY);
      }
    );
    pen.stroke();
    return ctx.createPattern(tile, "repeat");
  }

  gezhi.traceUnit = function (ctx, unit, frame) {
    ctx.beginPath();
    unit.parts.forEach((part) => part.forEach((ring) => gezhi.trace(ctx, ring, frame)));
  };

  function isOnCanvas(unit, frame) {
    const [west, north, east, south] = unit.box;
    return (
      frame.x(east) > 0 && frame.x(west) < frame.width &&
      frame.y(south) > 0 && frame.y(north) < frame.height
    );
  }

  /** Make the painter of one area layer. */
  gezhi.areaPainter = function (key, zIndex) {
    let units = [];
    let legend = { classes: [] };
    let shapesOf = null;
    let read = null;
    const isOutline = () => legend.classes.every((shade) => shade.mark === "outline");

    function paint(ctx, frame) {
      const seen = units.filter((unit) => isOnCanvas(unit, frame));
      ctx.lineJoin = "round";
      const unknown = hatching(ctx, frame);
      if (!isOutline()) seen.forEach((unit) => {
        const shade = unit.class === null ? null : legend.classes[unit.class];
        gezhi.traceUnit(ctx, unit, frame);
        ctx.fillStyle = shade ? gezhi.alpha(shade.color, Number(gezhi.token("--area-opacity"))) : unknown;
        ctx.fill("evenodd");
      });
      ctx.setLineDash(isOutline() ? [6 * frame.unit, 4 * frame.unit] : []);
      ctx.strokeStyle = gezhi.token(isOutline() ? "--map-area-line" : "--map-grid-line");
      ctx.lineWidth = (isOutline() ? 1.5 : 1) * frame.unit;
      seen.forEach((unit) => {
        gezhi.traceUnit(ctx, unit, frame);
        ctx.stroke();
      });
      ctx.setLineDash([]);
    }

    const canvas = new gezhi.CanvasLayer("layer-" + key, zIndex, paint);
    return {
      key, canvas, shape: "area",

      async accept(answer, fetchShapes) {
        const shapes = await fetchShapes(answer.shapes, answer.revision);
        if (shapes !== read) {
          shapesOf = readShapes(shapes);
          read = shapes;
        }
        legend = answer.legend;
        units = unitsOf(answer, shapesOf);
        canvas.redraw();
      },

      /** Forget the outlines, because their places on the map have changed. */
      clear() {
        units = [];
        read = null;
        canvas.redraw();
      },

      units: () => units,
      isOutline,

      hit(x, y) {
        return isOutline() ? null : units.find((unit) => holds(unit, x, y)) || null;
      },

      describe(unit) {
        const shade = unit.class === null ? null : legend.classes[unit.class];
        return {
          title: unit.name,
          lines: [legend.title + (unit.text ? "  " + unit.text : ""), unit.code],
          color: shade ? shade.color : null,
        };
      },

      outline: (ctx, unit, frame) => gezhi.traceUnit(ctx, unit, frame),

      choose(unit) {
        if (unit.code === gezhi.state.get().grid) return;
        if (key === "grids") gezhi.state.patch({ grid: unit.code, c: null, z: null });
      },
    };
  };
})();
