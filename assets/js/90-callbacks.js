/* The clientside callbacks of Dash; each hands over to the part that does the work. */
(function () {
  "use strict";
  const gezhi = window.gezhi;
  const unchanged = () => window.dash_clientside.no_update;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    gezhi: {
      /** Read the address once the page stands; give the stores their first data. */
      start(defaults) {
        gezhi.clock.setZone(defaults.zone);
        const told = gezhi.state.start(defaults);
        gezhi.feed.start();
        return [told, told, told];
      },

      /** The page is rendered again only for another path or language. */
      route(state, route) {
        if (!state) return unchanged();
        document.documentElement.lang = state.lang;
        const next = { path: state.path, lang: state.lang };
        return JSON.stringify(next) === JSON.stringify(route) ? unchanged() : next;
      },

      theme: (state) => (state ? state.theme : unchanged()),

      /** A page has been rendered: take its words and its layers. */
      page(facts) {
        if (!facts) return unchanged();
        document.title = facts.title;
        gezhi.controls.firstScheme = facts.scheme;
        gezhi.speak(facts.lang, facts.words);
        gezhi.picture.declare(facts.layers);
        gezhi.cards.refresh();
        return facts.lang;
      },

      place(place) {
        if (!place) return;
        gezhi.screen.setPlace(place);
        gezhi.extent.setPlace(place);
      },

      choose() {
        const context = window.dash_clientside.callback_context;
        const changed = new Set(context.triggered.map((each) => each.prop_id));
        const isChanged = (input) => changed.has(JSON.stringify(input.id, Object.keys(input.id).sort()) + ".value");
        gezhi.controls.choose(context.inputs_list[0].filter(isChanged));
      },

      reflect(state, shown) {
        const outputs = window.dash_clientside.callback_context.outputs_list;
        return gezhi.controls.reflect(outputs, shown, unchanged());
      },

      /** Something was selected: bring it into view unless the address already says where to look. */
      located(where) {
        gezhi.picture.setLocated(where);
        if (where) gezhi.screen.reveal(where);
      },
    },
  });
})();
