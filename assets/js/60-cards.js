/* The card of each layer: is it on, how much of it is drawn, how old it is, what its colours mean. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const OFFLINE_MS = 60000;
  const LABEL_HALVES = 13;

  function card(key) {
    return document.querySelector('.layer-card[data-layer="' + CSS.escape(key) + '"]');
  }

  function part(node, name) {
    return node.querySelector('[data-part="' + name + '"]');
  }

  /** Milliseconds since the picture was last known to be true: an answer, or a quiet change feed. */
  function ageOf(layer) {
    const own = performance.now() - layer.checkedAt;
    const isQuiet = !layer.isDue && !layer.failures && !layer.abort;
    return isQuiet ? Math.min(own, gezhi.feed.silence()) : own;
  }

  /** loading, fresh, amber, grey or failed. */
  function conditionOf(layer) {
    if (layer.failures) return "failed";
    if (layer.checkedAt === null) return "loading";
    const age_s = ageOf(layer) / 1000;
    if (age_s > layer.about.stale_after_s) return "grey";
    return age_s > 2 * layer.about.refresh_s ? "amber" : "fresh";
  }

  function ageText(layer, condition) {
    if (condition === "failed") return gezhi.say(layer.answer ? "card.failed" : "card.failed_first");
    if (condition === "loading") return gezhi.say("card.loading");
    const age = ageOf(layer);
    if (age < layer.about.refresh_s * 1000 && age < OFFLINE_MS / 4) return gezhi.say("card.fresh");
    return gezhi.say("card.checked", { age: gezhi.age(age) });
  }

  function asOfText(answer) {
    if (!answer || !answer.as_of) return gezhi.say("card.never");
    return gezhi.say("card.as_of", { at: gezhi.clock.write(answer.as_of) });
  }

  function notes(answer) {
    if (!answer) return [];
    const own = [];
    if (answer.truncated) own.push(gezhi.say("card.truncated"));
    if (!answer.total) own.push(gezhi.say("card.empty"));
    return own.concat((answer.notes || []).filter((note) => !own.includes(note)));
  }

  function fillNotes(node, answer) {
    const lines = notes(answer);
    const key = lines.join("\n");
    if (node.dataset.written === key) return;
    node.dataset.written = key;
    node.replaceChildren(...lines.map((line) => gezhi.el("li", "layer-note", line)));
  }

  function swatch(entry) {
    if (entry.mark === "unknown") return gezhi.el("span", "swatch-fill swatch-hatch");
    if (entry.mark && entry.mark !== "fill") return gezhi.marks.swatch(entry.mark, entry.color || gezhi.token("--muted"));
    const node = gezhi.el("span", "swatch-fill is-thin");
    node.style.setProperty("--swatch", entry.color);
    node.setAttribute("aria-hidden", "true");
    return node;
  }

  /** A label that does not fit half a card gets a row of its own; Chinese characters are twice as wide. */
  function isLong(label) {
    const halves = [...label].reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);
    return halves > LABEL_HALVES;
  }

  function legendRow(entry) {
    const row = gezhi.el("li", "legend-row" + (isLong(entry.label) ? " is-wide" : ""));
    row.append(swatch(entry), gezhi.el("span", "legend-label", entry.label));
    return row;
  }

  /** The unit follows the title unless the title says it already. */
  function titleOf({ title, unit }) {
    if (!unit || title.includes(unit)) return title;
    return gezhi.lang() === "en" ? `${title} (${unit})` : `${title}（${unit}）`;
  }

  function fillLegend(node, answer) {
    const legend = answer && answer.legend;
    const hasUnknown = Boolean(answer && answer.units && answer.units.class.includes(null));
    const key = JSON.stringify([legend, hasUnknown, document.documentElement.dataset.theme]);
    if (!legend || node.dataset.written === key) return;
    node.dataset.written = key;
    const heading = gezhi.el("div", "legend-title", titleOf(legend));
    const rows = gezhi.el("ul", "legend-rows");
    rows.append(...legend.classes.map(legendRow), ...(legend.marks || []).map(legendRow));
    if (hasUnknown) rows.append(legendRow({ mark: "unknown", label: gezhi.say("card.unknown") }));
    node.replaceChildren(heading, rows);
  }

  function fill(layer) {
    const node = card(layer.about.key);
    if (!node) return;
    const { answer, isVisible } = layer;
    node.classList.toggle("is-off", !isVisible);
    part(node, "toggle").setAttribute("aria-checked", String(isVisible));
    const count = answer && isVisible
      ? gezhi.say("card.of_total", { shown: gezhi.number(answer.shown), total: gezhi.number(answer.total) })
      : "";
    gezhi.write(part(node, "count"), count);
    if (!isVisible) return;
    fillNotes(part(node, "notes"), answer);
    fillLegend(part(node, "legend"), answer);
    fillAge(layer, node);
  }

  function fillAge(layer, node) {
    const condition = conditionOf(layer);
    node.dataset.condition = condition;
    gezhi.write(part(node, "age"), ageText(layer, condition));
    gezhi.write(part(node, "as-of"), asOfText(layer.answer));
    part(node, "age").title = layer.error || "";
  }

  function banner() {
    const node = document.getElementById("offline-banner");
    if (!node) return;
    const silence = gezhi.feed.silence();
    const isOffline = silence > OFFLINE_MS;
    node.hidden = !isOffline;
    document.documentElement.classList.toggle("is-offline", isOffline);
    if (isOffline) gezhi.write(node, gezhi.say("banner.offline", { age: gezhi.age(silence) }));
  }

  gezhi.on("layer", fill);
  gezhi.on("theme", () => gezhi.cards.refresh());
  gezhi.on("tick", (shown) => {
    shown.forEach((layer) => {
      const node = card(layer.about.key);
      if (node) fillAge(layer, node);
    });
    banner();
  });

  gezhi.cards = {
    refresh() {
      gezhi.picture.order().forEach((key) => fill(gezhi.picture.layer(key)));
    },

    /** Turn a layer on or off; the default choice is not written into the address. */
    toggle(key) {
      const keys = new Set(gezhi.picture.visibleKeys());
      if (!keys.delete(key)) keys.add(key);
      const chosen = gezhi.picture.order().filter((each) => keys.has(each));
      const isDefault = chosen.join() === gezhi.picture.defaultKeys().join();
      gezhi.state.patch({ layers: isDefault ? null : chosen.join(",") || "none" });
    },
  };
})();
