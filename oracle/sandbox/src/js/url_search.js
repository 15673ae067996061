// A URL's searchParams in linear time: the URL is written anew when somebody looks at it, not at every change.
//
// Deno keeps the two in step by a link from the parameters to their URL. Here the link is cut when the parameters are
// first asked for, a change only notes that the URL is behind, and whatever reads or sets a part of the URL catches up.
(function (lib) {
  "use strict";
  const { URL, URLSearchParams } = lib.globals;
  const { apply, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const { defineProperty, getOwnPropertySymbols } = Object;
  const { get: mapGet, set: mapSet } = WeakMap.prototype;
  const linked = new WeakMap();
  const stateOf = (object) => apply(mapGet, linked, [object]);

  const symbol = (of, description) => getOwnPropertySymbols(of).find((symbol) => symbol.description === description);
  const probe = new URL("a:?b").searchParams;
  const link = getOwnPropertySymbols(probe).find((symbol) => probe[symbol] instanceof URL);
  const { [symbol(URL.prototype, "updateUrlSearch")]: update } = URL.prototype;
  const { toString: serialise } = URLSearchParams.prototype;

  function catchUp(url) {
    const state = stateOf(url);
    if (state === undefined || !state.behind) return;
    state.behind = false;
    apply(update, url, [apply(serialise, state.params, [])]);
  }
  function changed(params) {
    const state = stateOf(params);
    if (state !== undefined) state.behind = true;
  }

  for (const name of ["append", "delete", "set", "sort"]) {
    const found = getOwnPropertyDescriptor(URLSearchParams.prototype, name);
    const change = found.value;
    const { [name]: value } = {
      [name](..._) {
        apply(change, this, arguments);
        changed(this);
      },
    };
    defineProperty(value, "length", { value: change.length, configurable: true });
    defineProperty(URLSearchParams.prototype, name, { ...found, value });
  }

  for (const name of ownKeys(URL.prototype)) {
    const found = getOwnPropertyDescriptor(URL.prototype, name);
    if (name === "searchParams") {
      const { get: paramsOf } = found;
      const { get } = getOwnPropertyDescriptor({
        get searchParams() {
          const params = apply(paramsOf, this, []);
          if (params[link] !== null) {
            params[link] = null;
            const state = { __proto__: null, params, behind: false };
            apply(mapSet, linked, [params, state]);
            apply(mapSet, linked, [this, state]);
          }
          return params;
        },
      }, name);
      defineProperty(URL.prototype, name, { ...found, get });
    } else if (found.get !== undefined) {
      const { get: look, set: change } = found;
      const { get, set } = getOwnPropertyDescriptor({
        get [name]() {
          catchUp(this);
          return apply(look, this, []);
        },
        set [name](value) {
          catchUp(this);
          apply(change, this, [value]);
        },
      }, name);
      defineProperty(URL.prototype, name, { ...found, get, set: change === undefined ? undefined : set });
    } else if (name === "toString" || name === "toJSON") {
      const { value: write } = found;
      const { [name]: value } = {
        [name]() {
          catchUp(this);
          return apply(write, this, []);
        },
      };
      defineProperty(URL.prototype, name, { ...found, value });
    }
  }
})
