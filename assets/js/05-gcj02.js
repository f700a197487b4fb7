/* WGS 84 to GCJ-02 and back: published coefficients of the Chinese map offset, degrees in and out. */
(function () {
  "use strict";

  const A = 6378245.0;
  const EE = 0.006693421622965943;
  const RAD = Math.PI / 180;

  function isOutside(lon, lat) {
    return lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271;
  }

  function wave(x, a, b, c, period) {
    return (
      ((a * Math.sin((x / period[0]) * Math.PI) +
        b * Math.sin((x / period[1]) * Math.PI) +
        c * Math.sin((x / period[2]) * Math.PI)) *
        2) /
      3
    );
  }

  function offset(lon, lat) {
    const x = lon - 105;
    const y = lat - 35;
    const shared = wave(x, 20, 20, 0, [1 / 6, 1 / 2, 1]);
    const root = Math.sqrt(Math.abs(x));
    const north =
      -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared +
      wave(y, 20, 40, 0, [1, 3, 1]) + wave(y, 160, 320, 0, [12, 30, 1]);
    const east =
      300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared +
      wave(x, 20, 40, 0, [1, 3, 1]) + wave(x, 150, 300, 0, [12, 30, 1]);
    const sine = Math.sin(lat * RAD);
    const magic = 1 - EE * sine * sine;
    const perLat = ((A * (1 - EE)) / (magic * Math.sqrt(magic))) * RAD;
    const perLon = (A / Math.sqrt(magic)) * Math.cos(lat * RAD) * RAD;
    return [east / perLon, north / perLat];
  }

  window.gezhi.gcj02 = {
    /** Shift WGS 84 to where a GCJ-02 map shows it. */
    fromWgs84(lon, lat) {
      if (isOutside(lon, lat)) return [lon, lat];
      const [dLon, dLat] = offset(lon, lat);
      return [lon + dLon, lat + dLat];
    },

    /** Shift a place of a GCJ-02 map back; four steps of a fixed-point iteration leave a micrometre. */
    toWgs84(lon, lat) {
      if (isOutside(lon, lat)) return [lon, lat];
      let [wLon, wLat] = [lon, lat];
      for (let step = 0; step < 5; step += 1) {
        const [sLon, sLat] = this.fromWgs84(wLon, wLat);
        wLon -= sLon - lon;
        wLat -= sLat - lat;
      }
      return [wLon, wLat];
    },
  };
})();
