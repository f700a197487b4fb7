/* What is on screen: where the map shows only a part of the present place, the figures are of that part. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const STORE = "extent";
  const SETTLE_MS = 150;

  let place = null;
  let told = null;
  let settle = 0;

  function tell(extent) {
    if (extent === told) return;
    told = extent;
    document.documentElement.dataset.extent = extent ? "view" : "whole";
    window.dash_clientside.set_props(STORE, { data: extent });
  }

  function isWhole([west, south, east, north], box) {
    return west <= box[0] && south <= box[1] && east >= box[2] && north >= box[3];
  }

  function look() {
    if (!gezhi.ground.map() || !place || !place.bbox) return;
    const seen = gezhi.ground.bbox();
    tell(isWhole(seen, place.bbox) ? null : seen.join(","));
  }

  function lookSoon() {
    clearTimeout(settle);
    settle = setTimeout(look, SETTLE_MS);
  }

  gezhi.on("view", lookSoon);
  // The map is about to go to another place: what it still shows is no part of the new question.
  gezhi.on("state", (_, changed) => {
    if (changed.includes("grid") || changed.includes("scheme")) tell(null);
  });

  gezhi.extent = {
    setPlace(next) {
      place = next;
      lookSoon();
    },
  };
})();
