/* Points and clusters: incidents and cameras. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const TURN = 2 * Math.PI;
  const REACH_PX = 6;
  const VIEW_FROM_ZOOM = 15;
  const TICK_PX = 16;
  /** Bubbles may overlap by this share of the smaller one's radius before they are drawn as one. */
  const COVERED = 0.6;
  const METRES_A_PIXEL = 156543.03392;

  const SIZES = { incidents: [4.2, 6.2], cameras: [3.4, 6.2] };

  /** Marks grow as the map comes closer; from afar many small ones read better. */
  function markSize(key, zoom) {
    const [far, near] = SIZES[key] || SIZES.incidents;
    return far + (near - far) * Math.max(0, Math.min(1, (zoom - 12.5) / 3));
  }

  function bubbleSize(count) {
    return 11 + 7 * Math.log10(count);
  }

  /** Draw bubbles that would cover each other as one, so that every count can be read; sums are kept. */
  function gathered(points, scale, unit) {
    const bubbles = [];
    const largestFirst = points.slice().sort((a, b) => b.count - a.count);
    if (!largestFirst.length || largestFirst[0].count <= 1) return points;
    return largestFirst.filter((point) => {
      const near = bubbles.find((other) => {
        const reach = (bubbleSize(other.count) + bubbleSize(point.count) * COVERED) * unit;
        return Math.hypot((other.x - point.x) * scale, (other.y - point.y) * scale) < reach;
      });
      if (near) {
        near.count += point.count;
        near.overdue += point.overdue;
      } else if (point.count > 1) {
        bubbles.push(point);
      }
      return !near;
    });
  }

  function short(count) {
    if (count < 10000) return String(count);
    return count < 1000000 ? Math.round(count / 1000) + "k" : (count / 1000000).toFixed(1) + "M";
  }

  function drawBubble(ctx, point, frame) {
    const size = bubbleSize(point.count) * frame.unit;
    ctx.beginPath();
    ctx.arc(0, 0, size, 0, TURN);
    ctx.fillStyle = gezhi.token("--bubble");
    ctx.fill();
    ctx.lineWidth = 3 * frame.unit;
    ctx.strokeStyle = gezhi.token("--bubble-ring");
    ctx.stroke();
    if (point.overdue) {
      ctx.beginPath();
      ctx.arc(0, 0, size, -TURN / 4, -TURN / 4 + TURN * (point.overdue / point.count));
      ctx.lineWidth = 4.5 * frame.unit;
      ctx.strokeStyle = gezhi.token("--overdue");
      ctx.stroke();
    }
    ctx.fillStyle = gezhi.token("--bubble-text");
    ctx.font = `600 ${Math.round(12 * frame.unit)}px ${gezhi.token("--font")}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(short(point.count), 0, 0.5 * frame.unit);
  }

  /** Say how many lie on exactly one spot, where only the topmost can be seen. */
  function drawBadge(ctx, count, size, frame) {
    const text = short(count);
    ctx.font = `600 ${Math.round(10 * frame.unit)}px ${gezhi.token("--font")}`;
    const wide = Math.max(14 * frame.unit, ctx.measureText(text).width + 7 * frame.unit);
    const high = 14 * frame.unit;
    ctx.beginPath();
    ctx.roundRect(size * 0.4, -size * 0.4 - high, wide, high, high / 2);
    ctx.fillStyle = gezhi.token("--bubble");
    ctx.fill();
    ctx.lineWidth = 1.5 * frame.unit;
    ctx.strokeStyle = gezhi.token("--bubble-ring");
    ctx.stroke();
    ctx.fillStyle = gezhi.token("--bubble-text");
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, size * 0.4 + wide / 2, -size * 0.4 - high / 2 + 0.5 * frame.unit);
  }

  /** The places that hold several single points, each with its last point and how many there are. */
  function pilesOf(points) {
    const places = new Map();
    points.filter((point) => point.count <= 1).forEach((point) => {
      const key = point.x + " " + point.y;
      places.set(key, { point, count: (places.get(key) || { count: 0 }).count + 1 });
    });
    return [...places.values()].filter((place) => place.count > 1);
  }

  /** Draw what a camera sees; a direction without a known angle or range is only a line. */
  function drawView(ctx, point, frame, color) {
    const towards = ((point.azimuth - 90) * Math.PI) / 180;
    ctx.strokeStyle = gezhi.alpha(color, 0.85);
    ctx.lineWidth = 1.25 * frame.unit;
    ctx.beginPath();
    ctx.moveTo(0, 0);
    if (!point.angle || !point.range) {
      ctx.lineTo(TICK_PX * frame.unit * Math.cos(towards), TICK_PX * frame.unit * Math.sin(towards));
      ctx.stroke();
      return;
    }
    const metresAPixel = (METRES_A_PIXEL * Math.cos((point.lat * Math.PI) / 180)) / frame.scale;
    const half = (Math.min(360, point.angle) * Math.PI) / 360;
    ctx.arc(0, 0, point.range / metresAPixel, towards - half, towards + half);
    ctx.closePath();
    ctx.fillStyle = gezhi.alpha(color, 0.16);
    ctx.fill();
    ctx.stroke();
  }

  function read(answer) {
    const columns = answer.points;
    return columns.id.map((id, i) => {
      const [x, y] = gezhi.ground.project(columns.lon[i], columns.lat[i]);
      return {
        id, x, y, lon: columns.lon[i], lat: columns.lat[i],
        count: columns.count[i], overdue: columns.overdue[i], class: columns.class[i],
        mark: columns.mark[i], label: columns.label[i],
        azimuth: columns.azimuth ? columns.azimuth[i] : null,
        angle: columns.angle ? columns.angle[i] : null,
        range: columns.range_m ? columns.range_m[i] : null,
      };
    });
  }

  /** Make the painter of one point layer. */
  gezhi.pointPainter = function (key, zIndex) {
    let points = [];
    let piles = [];
    let legend = { classes: [] };
    const radius = (point, unit, zoom) =>
      unit * (point.count > 1 ? bubbleSize(point.count) : markSize(key, zoom));
    const colorOf = (point) => (legend.classes[point.class] || { color: "#8899aa" }).color;

    function at(ctx, point, frame, draw) {
      const [x, y] = [frame.x(point.x), frame.y(point.y)];
      if (x < -400 || y < -400 || x > frame.width + 400 || y > frame.height + 400) return;
      ctx.save();
      ctx.translate(x, y);
      draw(ctx, point, frame, colorOf(point));
      ctx.restore();
    }

    function drawMark(ctx, point, frame, color) {
      gezhi.marks.stamp(ctx, point.mark, radius(point, frame.unit, frame.zoom), color, frame.ratio);
    }

    function paint(ctx, frame) {
      const single = points.filter((point) => point.count <= 1);
      if (frame.zoom >= VIEW_FROM_ZOOM) {
        single.filter((point) => point.azimuth !== null).forEach((point) => at(ctx, point, frame, drawView));
      }
      single.forEach((point) => at(ctx, point, frame, drawMark));
      piles.forEach(({ point, count }) =>
        at(ctx, point, frame, () => drawBadge(ctx, count, radius(point, frame.unit, frame.zoom), frame))
      );
      points.filter((point) => point.count > 1).forEach((point) => at(ctx, point, frame, drawBubble));
    }

    /** The single points that cover each other at the place of this one, itself first. */
    function together(point) {
      const scale = Math.pow(2, gezhi.ground.zoom());
      const reach = radius(point, gezhi.scale(), gezhi.ground.zoom());
      const others = points.filter(
        (other) => other !== point && other.count <= 1 &&
          Math.hypot((other.x - point.x) * scale, (other.y - point.y) * scale) < reach
      );
      return [point, ...others];
    }

    const select = (point) => ({ sel: singular + ":" + point.id });
    const canvas = new gezhi.CanvasLayer("layer-" + key, zIndex, paint);
    const singular = key.replace(/s$/, "");
    return {
      key, canvas, shape: "point",

      accept(answer) {
        legend = answer.legend;
        points = gathered(read(answer), Math.pow(2, gezhi.ground.zoom()), gezhi.scale());
        piles = pilesOf(points);
        canvas.redraw();
      },

      clear() {
        points = [];
        piles = [];
        canvas.redraw();
      },

      hit(x, y, _, scale) {
        let best = null;
        let nearest = Infinity;
        points.forEach((point) => {
          const away = Math.hypot((point.x - x) * scale, (point.y - y) * scale);
          const reach = radius(point, gezhi.scale(), Math.log2(scale)) + REACH_PX;
          if (away <= reach && away < nearest) [best, nearest] = [point, away];
        });
        return best;
      },

      describe(point) {
        const shade = legend.classes[point.class];
        if (point.count > 1) {
          const words = key === "incidents" ? "map.cluster" : "map.cameras_many";
          const params = { count: gezhi.number(point.count), overdue: gezhi.number(point.overdue) };
          return { title: gezhi.say(words, params), lines: [gezhi.say("map.cluster_open")], color: null };
        }
        const late = point.overdue ? [gezhi.say("map.overdue")] : [];
        const more = together(point).length - 1;
        return {
          title: point.label,
          lines: [
            [shade ? shade.label : "", ...late].filter(Boolean).join(" · "),
            more ? gezhi.say("map.together", { n: gezhi.number(more) }) : "",
          ],
          color: colorOf(point), mark: point.mark,
        };
      },

      outline(ctx, point, frame) {
        ctx.beginPath();
        ctx.arc(frame.x(point.x), frame.y(point.y), radius(point, frame.unit, frame.zoom) + 4 * frame.unit, 0, TURN);
      },

      /** Boxes that names keep clear of, in pixels of a frame. */
      obstacles(frame) {
        return points
          .filter((point) => point.count > 1)
          .map((point) => {
            const size = bubbleSize(point.count) * frame.unit;
            const [x, y] = [frame.x(point.x), frame.y(point.y)];
            return { left: x - size, right: x + size, top: y - size, bottom: y + size };
          });
      },

      /** The point that the address selects, if it is drawn by itself. */
      selected(sel) {
        return points.find((point) => point.id !== null && sel === singular + ":" + point.id) || null;
      },

      choose(point) {
        if (point.count > 1) {
          const map = gezhi.ground.map();
          const zoom = Math.min(map.getMaxZoom(), map.getZoom() + 2);
          map.setView(gezhi.ground.latLng(point.lon, point.lat), zoom);
          return;
        }
        const here = together(point);
        if (here.length === 1) gezhi.state.patch(select(point));
        else {
          gezhi.choices.open(point, here.map((one) => ({
            label: one.label, mark: one.mark, color: colorOf(one), patch: select(one),
          })));
        }
      },
    };
  };
})();
