/* Things that lie on one spot: a list to choose from, since only the topmost could be clicked. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const LONGEST = 60;

  let list = null;

  function button({ label, mark, color, patch }) {
    const node = gezhi.el("button", "map-choice");
    node.type = "button";
    node.dataset.patch = JSON.stringify(patch);
    node.append(gezhi.marks.swatch(mark, color), gezhi.el("span", null, label));
    return node;
  }

  gezhi.choices = {
    /** Offer these choices beside a place of the map. */
    open(point, choices) {
      this.close();
      const map = gezhi.ground.map();
      const at = map.latLngToContainerPoint(gezhi.ground.latLng(point.lon, point.lat));
      list = gezhi.el("div", "map-choices");
      const title = gezhi.say("map.on_one_spot", { n: gezhi.number(choices.length) });
      list.append(gezhi.el("div", "map-choices-title", title), ...choices.slice(0, LONGEST).map(button));
      window.L.DomEvent.disableClickPropagation(list);
      window.L.DomEvent.disableScrollPropagation(list);
      list.addEventListener("click", () => this.close());
      map.getContainer().appendChild(list);
      const size = map.getSize();
      list.style.left = Math.max(4, Math.min(at.x + 12, size.x - list.offsetWidth - 4)) + "px";
      list.style.top = Math.max(4, Math.min(at.y + 12, size.y - list.offsetHeight - 4)) + "px";
      list.querySelector("button").focus();
    },

    close() {
      if (list) list.remove();
      list = null;
    },

    isOpen: () => Boolean(list),
  };

  gezhi.on("map", (map) => map.on("movestart zoomstart", () => gezhi.choices.close()));
})();
