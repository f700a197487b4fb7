/* The map under the drawing: finding it, where things lie on it, and its place in the address bar. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const MAP_ID = "map-view-map";
  const TILE = 256;
  const DECIMALS = 5;
  const MARGIN = 40;
  const CLOSE_ZOOM = 15;
  const FIT = { padding: [28, 28], animate: false };

  let map = null;
  let isShifted = false;
  let focusKey = null;
  let ready = false;
  /** The address named no position when the page opened: the place of the choice decides. */
  let isPlaceOpen = false;

  /** Longitude and latitude as stored -> as this basemap shows them. */
  function shown(lon, lat) {
    return isShifted ? gezhi.gcj02.fromWgs84(lon, lat) : [lon, lat];
  }

  /** A place on the map -> longitude and latitude as stored. */
  function stored(latlng) {
    return isShifted ? gezhi.gcj02.toWgs84(latlng.lng, latlng.lat) : [latlng.lng, latlng.lat];
  }

  /** Web Mercator on one tile of 256: multiply by 2^zoom to get pixels. */
  function project(lon, lat) {
    const [x, y] = shown(lon, lat);
    const sine = Math.sin((Math.max(-85.0511, Math.min(85.0511, y)) * Math.PI) / 180);
    return [
      (TILE * (x + 180)) / 360,
      TILE * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)),
    ];
  }

  function latLng(lon, lat) {
    const [x, y] = shown(lon, lat);
    return window.L.latLng(y, x);
  }

  function bounds(bbox) {
    return window.L.latLngBounds(latLng(bbox[0], bbox[1]), latLng(bbox[2], bbox[3]));
  }

  /** The rectangle on screen in stored degrees; a shifted basemap bends it by less than a metre. */
  function bbox() {
    const view = map.getBounds();
    const [west, south] = stored(view.getSouthWest());
    const [east, north] = stored(view.getNorthEast());
    return [west, south, east, north].map((value) => Number(value.toFixed(DECIMALS)));
  }

  function writePlace() {
    if (!ready) return;
    const [lon, lat] = stored(map.getCenter());
    gezhi.state.patch(
      { c: lon.toFixed(DECIMALS) + "," + lat.toFixed(DECIMALS), z: String(map.getZoom()) },
      { replace: true }
    );
    gezhi.emit("view");
  }

  /** The place that the address names, or null. */
  function namedPlace() {
    const { c, z } = gezhi.state.get();
    const [lon, lat] = (c || "").split(",").map(Number);
    const zoom = Number(z);
    if (!c || !z || ![lon, lat, zoom].every(Number.isFinite) || Math.abs(lat) > 85) return null;
    return { at: latLng(lon, lat), zoom: Math.max(map.getMinZoom(), Math.min(map.getMaxZoom(), zoom)) };
  }

  function goToNamedPlace() {
    const place = namedPlace();
    if (!place) return false;
    const away = map.latLngToContainerPoint(place.at).distanceTo(map.getSize().divideBy(2));
    if (away > 2 || place.zoom !== map.getZoom()) map.setView(place.at, place.zoom, { animate: false });
    return true;
  }

  function fit(box) {
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds(box), FIT);
  }

  function attach(found) {
    map = found;
    ready = false;
    isShifted = document.getElementById("map-view").dataset.basemapCrs === "gcj02";
    map.on("moveend", writePlace);
    map.on("unload", () => {
      if (map === found) map = null;
      gezhi.emit("unmap");
    });
    map.whenReady(() => setTimeout(open, 0));
  }

  function open() {
    if (!map) return;
    map.invalidateSize({ animate: false });
    const start = JSON.parse(document.getElementById("map-view").dataset.bbox || "null");
    isPlaceOpen = !goToNamedPlace();
    if (isPlaceOpen && start) fit(start);
    ready = true;
    gezhi.emit("map", map);
    writePlace();
  }

  gezhi.on("state", function (_, changed) {
    if (map && ready && (changed.includes("c") || changed.includes("z"))) goToNamedPlace();
  });

  window.L.Map.addInitHook(function () {
    if (this.getContainer().id === MAP_ID) attach(this);
  });

  gezhi.ground = {
    project, stored, latLng, bbox,
    map: () => (ready ? map : null),
    zoom: () => map.getZoom(),

    /**
     * Go to the place of a new choice. An address that names a position keeps it, so that a shared
     * link shows what the sender saw.
     */
    focus(place) {
      if (!map || !place || !place.bbox) return;
      const isNew = place.key !== focusKey;
      focusKey = place.key;
      if (isNew && ready && (isPlaceOpen || !namedPlace())) fit(place.bbox);
      if (ready) isPlaceOpen = false;
    },

    /** Move only as far as needed to have a place in sight, left of what covers the right side. */
    reveal(lon, lat, covered) {
      if (!map || !ready) return;
      const at = latLng(lon, lat);
      const [point, size] = [map.latLngToContainerPoint(at), map.getSize()];
      const isSeen =
        point.x > MARGIN && point.y > MARGIN && point.x < size.x - covered - MARGIN && point.y < size.y - MARGIN;
      if (isSeen) return;
      map.setView(at, Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false });
      map.panBy([covered / 2, 0], { animate: false });
    },

    /** Show the whole of the present choice again. */
    home(place) {
      if (map && place && place.bbox) fit(place.bbox);
    },
  };
})();
