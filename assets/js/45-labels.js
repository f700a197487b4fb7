/* Names over the map, and what is selected or under the pointer. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const GAP_PX = 4;
  const TOP_PX = 26;
  /** A name may reach a little beyond its own polygon, not far. */
  const REACH = 1.05;
  const STEPS = [0, -0.7, 0.7, -1.4, 1.4, -2.1, 2.1];

  function overlaps(a, b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }

  function boxAround(x, y, width, height) {
    return {
      left: x - width / 2 - GAP_PX, right: x + width / 2 + GAP_PX,
      top: y - height / 2 - GAP_PX, bottom: y + height / 2 + GAP_PX,
    };
  }

  /** Find a place near the label point, a little higher or lower if that is free; null if none is. */
  function freeSpot(x, y, width, height, room, taken) {
    const furthest = Math.max(0, room / 2 - height);
    for (const step of STEPS) {
      const moved = step * height;
      if (Math.abs(moved) > furthest && step !== 0) continue;
      const box = boxAround(x, y + moved, width, height);
      if (!taken.some((other) => overlaps(box, other))) return { y: y + moved, box };
    }
    return null;
  }

  function write(ctx, text, x, y, font, token) {
    ctx.font = font;
    ctx.lineWidth = 3.5 * gezhi.scale();
    ctx.strokeStyle = gezhi.token("--map-halo");
    ctx.strokeText(text, x, y);
    ctx.fillStyle = gezhi.token(token);
    ctx.fillText(text, x, y);
  }

  function fonts(frame, isMain) {
    const family = gezhi.token("--font");
    const [name, text] = isMain ? [11.5, 10.5] : [11, 10];
    return {
      name: `600 ${name * frame.unit}px ${family}`, nameHigh: name * frame.unit * 1.25,
      text: `500 ${text * frame.unit}px ${family}`, textHigh: text * frame.unit * 1.25,
    };
  }

  /** Where to write the name of the unit that fills the view while its own place is out of sight. */
  function anchorInView(painter, frame) {
    const { left, top, right, bottom } = frame.visible;
    const unit = painter.hit(...frame.place((left + right) / 2, (top + bottom) / 2));
    if (!unit) return null;
    const [x, y] = [frame.x(unit.label[0]), frame.y(unit.label[1])];
    const isSeen = x > left && x < right && y > top && y < bottom;
    return isSeen ? null : { unit, at: [(left + right) / 2, top + TOP_PX * frame.unit] };
  }

  function place(ctx, unit, frame, taken, isMain, anchor) {
    const style = fonts(frame, isMain);
    const wide = (frame.x(unit.box[2]) - frame.x(unit.box[0])) * REACH;
    const high = frame.y(unit.box[3]) - frame.y(unit.box[1]);
    ctx.font = style.name;
    const width = ctx.measureText(unit.name).width;
    if (width > wide || style.nameHigh > high) return;
    const hasText = isMain && unit.text && high > 3.2 * style.nameHigh;
    const height = style.nameHigh + (hasText ? style.textHigh : 0);
    const [x, y] = anchor || [frame.x(unit.label[0]), frame.y(unit.label[1])];
    const spot = freeSpot(x, y, width, height, high, taken);
    if (!spot) return;
    taken.push(spot.box);
    const first = spot.y - (hasText ? style.textHigh / 2 : 0);
    write(ctx, unit.name, x, first, style.name, isMain ? "--map-label" : "--map-label-quiet");
    if (hasText) write(ctx, unit.text, x, first + style.nameHigh, style.text, "--map-label-quiet");
  }

  /** Write the names of the units of these painters, the larger units and the later painters first. */
  gezhi.paintLabels = function (ctx, frame, painters, obstacles) {
    const taken = obstacles.slice();
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    painters.slice().reverse().forEach((painter) => {
      const filling = anchorInView(painter, frame);
      const size = (unit) => (unit.box[2] - unit.box[0]) * (unit.box[3] - unit.box[1]);
      painter
        .units()
        .slice()
        .sort((a, b) => size(b) - size(a))
        .forEach((unit) => {
          const anchor = filling && filling.unit === unit ? filling.at : null;
          place(ctx, unit, frame, taken, !painter.isOutline(), anchor);
        });
    });
  };

  /** Shade everything outside the chosen grid and draw its border. */
  gezhi.paintFocus = function (ctx, frame, parts) {
    if (!parts) return;
    ctx.lineJoin = "round";
    ctx.beginPath();
    ctx.rect(0, 0, frame.width, frame.height);
    parts.forEach((part) => part.forEach((ring) => gezhi.trace(ctx, ring, frame)));
    ctx.fillStyle = gezhi.token("--map-shade");
    ctx.fill("evenodd");
    ctx.beginPath();
    parts.forEach((part) => part.forEach((ring) => gezhi.trace(ctx, ring, frame)));
    ctx.strokeStyle = gezhi.token("--map-halo");
    ctx.lineWidth = 5 * frame.unit;
    ctx.stroke();
    ctx.strokeStyle = gezhi.token("--accent");
    ctx.lineWidth = 2.5 * frame.unit;
    ctx.stroke();
  };

  /** Mark a place with a pin whose tip stands on it. */
  gezhi.paintPin = function (ctx, frame, { lon, lat }) {
    const [x, y] = gezhi.ground.project(lon, lat);
    const size = 8 * frame.unit;
    ctx.save();
    ctx.translate(frame.x(x), frame.y(y));
    ctx.beginPath();
    ctx.moveTo(0, 0);
    ctx.arc(0, -2 * size, size, 0.8 * Math.PI, 0.2 * Math.PI);
    ctx.closePath();
    ctx.lineWidth = 2 * frame.unit;
    ctx.strokeStyle = gezhi.token("--map-halo");
    ctx.fillStyle = gezhi.token("--accent");
    ctx.fill();
    ctx.stroke();
    ctx.restore();
  };

  /** Draw the border of what a painter has under the pointer or holds selected. */
  gezhi.paintOutline = function (ctx, frame, painter, found, isSelected) {
    painter.outline(ctx, found, frame);
    ctx.lineJoin = "round";
    ctx.strokeStyle = gezhi.token("--map-halo");
    ctx.lineWidth = (isSelected ? 5 : 4) * frame.unit;
    ctx.stroke();
    ctx.strokeStyle = gezhi.token(isSelected ? "--accent" : "--map-hover");
    ctx.lineWidth = (isSelected ? 2.5 : 2) * frame.unit;
    ctx.stroke();
  };
})();
