/* The one global of the page: events between its parts, words, numbers, and elements made of text. */
(function () {
  "use strict";

  const gezhi = (window.gezhi = {});
  const listeners = {};

  /** Call `act` whenever `name` is emitted. */
  gezhi.on = function (name, act) {
    (listeners[name] = listeners[name] || []).push(act);
  };

  gezhi.emit = function (name, ...details) {
    (listeners[name] || []).forEach((act) => act(...details));
  };

  /** Make an element; text is always a text node, so that names from data can never be markup. */
  gezhi.el = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined && text !== null) node.textContent = text;
    return node;
  };

  /** Write text into a node only when it changes, so that nothing flickers or is announced twice. */
  gezhi.write = function (node, text) {
    if (node && node.textContent !== text) node.textContent = text;
  };

  let words = {};
  let lang = "zh-Hans";

  gezhi.speak = function (language, catalogue) {
    lang = language;
    words = catalogue;
    gezhi.emit("words");
  };

  gezhi.lang = () => lang;

  /** Return the words of a key with {name} filled in; an unknown key shows itself. */
  gezhi.say = function (key, params) {
    const template = words[key] === undefined ? key : words[key];
    return template.replace(/\{(\w+)\}/g, (whole, name) =>
      params && params[name] !== undefined ? String(params[name]) : whole
    );
  };

  gezhi.number = (value) => value.toLocaleString("en-US");

  /** Write a length of time in its largest fitting unit. */
  gezhi.age = function (ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 90) return gezhi.say("card.seconds", { n: seconds });
    if (seconds < 5400) return gezhi.say("card.minutes", { n: Math.round(seconds / 60) });
    return gezhi.say("card.hours", { n: Math.round(seconds / 3600) });
  };

  /* The server's clock rules: a desk whose own clock is wrong still shows right ages. */
  let offset = 0;
  gezhi.setServerTime = function (iso) {
    offset = Date.parse(iso) - Date.now();
  };
  gezhi.now = () => Date.now() + offset;

  let tokens = {};
  /** Read a CSS token of the present theme, such as "--text". */
  gezhi.token = function (name) {
    if (!(name in tokens)) {
      tokens[name] = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }
    return tokens[name];
  };

  /** Pixels of the drawing per pixel of a 16 px design; walls have a larger root size. */
  gezhi.scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

  gezhi.setTheme = function (theme) {
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    document.documentElement.style.colorScheme = theme;
    tokens = {};
    gezhi.emit("theme");
  };
})();
