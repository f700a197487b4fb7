/* The pointer on the map: what lies under it, its tooltip, and what a click chooses. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const OFFSET_PX = 14;

  let tip = null;

  function projected(map, latlng) {
    const place = gezhi.ground.stored(latlng);
    return { place, xy: gezhi.ground.project(place[0], place[1]), scale: Math.pow(2, map.getZoom()) };
  }

  /** Find what is drawn under a place, the topmost layer first. */
  function under(map, latlng, accepts) {
    const { place, xy, scale } = projected(map, latlng);
    for (const { painter } of gezhi.picture.shown().reverse()) {
      const found = accepts(painter) ? painter.hit(xy[0], xy[1], place, scale) : null;
      if (found) return { painter, found };
    }
    return null;
  }

  function fillTip(about) {
    const head = gezhi.el("div", "map-tip-title");
    if (about.color) {
      if (about.mark) head.append(gezhi.marks.swatch(about.mark, about.color));
      else {
        const swatch = gezhi.el("span", "swatch-fill");
        swatch.style.setProperty("--swatch", about.color);
        head.append(swatch);
      }
    }
    head.append(gezhi.el("span", null, about.title));
    const lines = about.lines.filter(Boolean).map((line) => gezhi.el("div", "map-tip-line", line));
    tip.replaceChildren(head, ...lines);
  }

  function placeTip(map, point) {
    const size = map.getSize();
    const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
    const x = point.x + OFFSET_PX + wide > size.x ? point.x - OFFSET_PX - wide : point.x + OFFSET_PX;
    const y = Math.max(4, Math.min(size.y - high - 4, point.y + OFFSET_PX));
    tip.style.transform = `translate(${Math.round(Math.max(4, x))}px, ${Math.round(y)}px)`;
  }

  function hover(map, event) {
    const hit = under(map, event.latlng, () => true);
    gezhi.picture.setHovered(hit);
    map.getContainer().classList.toggle("is-over", Boolean(hit && hit.painter.choose));
    tip.hidden = !hit;
    if (!hit) return;
    fillTip(hit.painter.describe(hit.found));
    placeTip(map, event.containerPoint);
  }

  function leave() {
    gezhi.picture.setHovered(null);
    if (tip) tip.hidden = true;
  }

  gezhi.on("map", function (map) {
    tip = gezhi.el("div", "map-tip");
    tip.hidden = true;
    map.getContainer().appendChild(tip);
    let asked = 0;
    map.on("mousemove", (event) => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => hover(map, event));
    });
    map.on("mouseout movestart zoomstart", () => {
      cancelAnimationFrame(asked);
      leave();
    });
    map.on("click", (event) => {
      const hit = under(map, event.latlng, (painter) => Boolean(painter.choose));
      leave();
      gezhi.choices.close();
      if (hit) hit.painter.choose(hit.found);
    });
  });
})();
