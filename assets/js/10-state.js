/* The address bar is the state: reading it, patching it, and telling the page and the server. */
(function () {
  "use strict";
  const gezhi = window.gezhi;

  const KEYS = [
    "period", "from", "to", "scheme", "level", "grid", "measure", "category", "stage", "priority",
    "source", "agency", "overdue", "layers", "sel", "lang", "theme", "c", "z",
  ];
  const REMEMBERED = ["lang", "theme"];
  /** What only the map needs: the server is not asked again for these. */
  const LOCAL = ["c", "z"];
  /** The server's callbacks listen to these; one that hears only what it needs is asked less. */
  const STORES = {
    state: KEYS,
    question: [
      "period", "from", "to", "scheme", "grid", "category", "stage", "priority", "source", "agency",
      "overdue", "lang",
    ],
    selection: ["sel", "lang"],
  };

  function remembered(key) {
    const found = document.cookie.split("; ").find((part) => part.startsWith("gezhi_" + key + "="));
    return found ? decodeURIComponent(found.split("=")[1]) : null;
  }

  function remember(key, value) {
    document.cookie =
      "gezhi_" + key + "=" + encodeURIComponent(value) + "; path=/; max-age=31536000; SameSite=Lax";
  }

  function read() {
    const query = new URLSearchParams(window.location.search);
    const state = {};
    KEYS.forEach((key) => {
      const value = query.get(key);
      if (value) state[key] = value;
    });
    return state;
  }

  /** Write the address that a state has; commas and colons stay readable. */
  function address(state) {
    const query = new URLSearchParams();
    KEYS.forEach((key) => {
      if (state[key]) query.set(key, state[key]);
    });
    const text = query.toString().replace(/%2C/g, ",").replace(/%3A/g, ":");
    return window.location.pathname + (text ? "?" + text : "");
  }

  let current = read();
  let defaults = { lang: "zh-Hans", theme: "dark" };

  function resolved(key) {
    return current[key] || remembered(key) || defaults[key];
  }

  /** What the server is told: the choices, the language, the path; never the position of the map. */
  function told() {
    const data = Object.assign({ path: window.location.pathname }, current);
    LOCAL.forEach((key) => delete data[key]);
    REMEMBERED.forEach((key) => (data[key] = resolved(key)));
    return data;
  }

  function changedKeys(before, after) {
    return KEYS.filter((key) => (before[key] || null) !== (after[key] || null));
  }

  function announce(changed) {
    gezhi.setTheme(resolved("theme"));
    gezhi.emit("state", current, changed);
    Object.entries(STORES).forEach(([store, keys]) => {
      const isConcerned = changed.some((key) => keys.includes(key) && !LOCAL.includes(key));
      if (isConcerned) window.dash_clientside.set_props(store, { data: told() });
    });
  }

  window.addEventListener("popstate", function () {
    const before = current;
    current = read();
    announce(changedKeys(before, current));
  });

  gezhi.setTheme(current.theme || remembered("theme") || defaults.theme);

  gezhi.state = {
    get: () => current,
    resolved,
    told,

    /** Take the installation's defaults and return what the server is told first. */
    start(given) {
      defaults = Object.assign(defaults, given);
      gezhi.setTheme(resolved("theme"));
      return told();
    },

    /**
     * Change parts of the state; null removes a part.
     * A choice makes an entry in the history; moving the map replaces the entry (options.replace).
     */
    patch(changes, options) {
      const before = current;
      const after = Object.assign({}, current, changes);
      Object.keys(after).forEach((key) => {
        if (after[key] === null || after[key] === undefined || after[key] === "") delete after[key];
      });
      const changed = changedKeys(before, after);
      if (!changed.length) return;
      REMEMBERED.filter((key) => changed.includes(key) && after[key]).forEach((key) =>
        remember(key, after[key])
      );
      current = after;
      const write = options && options.replace ? "replaceState" : "pushState";
      window.history[write](null, "", address(current));
      announce(changed);
    },
  };
})();
