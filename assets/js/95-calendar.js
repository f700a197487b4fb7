/* The calendar looks its languages up under tags with a hyphen; dayjs declares them with a low line. */
(function () {
  "use strict";
  ["zh-cn", "zh-tw"].forEach((tag) =>
    Object.defineProperty(window, "dayjs_locale_" + tag, {
      get: () => window["dayjs_locale_" + tag.replace("-", "_")],
    })
  );
})();
