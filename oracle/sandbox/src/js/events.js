// Listeners of events: found, added and removed without a search, however many a target has.
//
// Deno's dispatch finds one listener on a target for each type, which is ours; it calls all that the script added, in
// order. What one of them throws is reported. Without a receiver the target is the global scope.
(function (lib) {
  "use strict";
  const { eventTargetData, setEventTargetData } = lib.event;
  const { EventTarget, Event, AbortSignal } = lib.globals;
  const { apply } = Reflect;
  const { get: mapGet, set: mapSet, delete: mapDelete, forEach: mapEach } = Map.prototype;
  const { has: setHas, add: setAdd, delete: setDelete } = WeakSet.prototype;
  const [RealMap, RealTypeError] = [Map, TypeError];
  const scope = globalThis;
  const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted").get;
  const sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
  const original = EventTarget.prototype.removeEventListener;
  const { addEventListener: addToSignal, removeEventListener: removeFromSignal } = AbortSignal.prototype;

  // An event has no like; what Deno marks one with tells it from other objects.
  const mark = Object.getOwnPropertySymbols(new Event("")).find((symbol) => symbol.description === "[[attributes]]");
  const { hasOwn } = Object;
  lib.platform.push((value) => (hasOwn(value, mark) ? null : undefined));

  // Events whose further listeners are not called, and those that a passive listener looks at.
  const [stopped, untouchable] = [new WeakSet(), new WeakSet()];
  const { stopImmediatePropagation, preventDefault } = Event.prototype;
  const replace = (of, name, value) =>
    Object.defineProperty(of, name, { ...Object.getOwnPropertyDescriptor(of, name), value });
  replace(Event.prototype, "stopImmediatePropagation", {
    stopImmediatePropagation() {
      apply(stopImmediatePropagation, this, []);
      apply(setAdd, stopped, [this]);
    },
  }.stopImmediatePropagation);
  replace(Event.prototype, "preventDefault", {
    preventDefault() {
      if (!apply(setHas, untouchable, [this])) apply(preventDefault, this, []);
    },
  }.preventDefault);

  function call(listener, event, target) {
    const { callback } = listener;
    try {
      if (typeof callback === "function") {
        apply(callback, target, [event]);
        return;
      }
      const { handleEvent } = callback;
      if (typeof handleEvent !== "function") throw new RealTypeError("the listener of an event has no handleEvent");
      apply(handleEvent, callback, [event]);
    } catch (error) {
      lib.report(error);
    }
  }

  // All listeners of one type on one target, in the order in which they were added.
  class Listeners {
    #order = new RealMap();
    #known = new RealMap();
    #last = 0;
    constructor(target, type) {
      this.target = target;
      this.type = type;
    }
    // What Deno's dispatch finds.
    trampoline(event) {
      // Deno calls no listener of an event that was stopped before.
      apply(setDelete, stopped, [event]);
      const all = { __proto__: null, length: 0 };
      apply(mapEach, this.#order, [(listener) => {
        all[all.length++] = listener;
      }]);
      for (let at = 0; at < all.length; at++) {
        const listener = all[at];
        if (listener.removed) continue;
        if (apply(setHas, stopped, [event])) break;
        if (listener.once) this.remove(listener.callback, listener.capture);
        if (listener.passive) apply(setAdd, untouchable, [event]);
        call(listener, event, this.target);
        if (listener.passive) apply(setDelete, untouchable, [event]);
      }
    }
    find(callback, capture) {
      const both = apply(mapGet, this.#known, [callback]);
      return both === undefined ? undefined : capture ? both.capturing : both.other;
    }
    add(listener) {
      let both = apply(mapGet, this.#known, [listener.callback]);
      if (both === undefined) {
        both = { __proto__: null, capturing: undefined, other: undefined };
        apply(mapSet, this.#known, [listener.callback, both]);
      }
      if (listener.capture) both.capturing = listener;
      else both.other = listener;
      listener.number = this.#last++;
      apply(mapSet, this.#order, [listener.number, listener]);
    }
    remove(callback, capture) {
      const both = apply(mapGet, this.#known, [callback]);
      const listener = both === undefined ? undefined : capture ? both.capturing : both.other;
      if (listener === undefined) return;
      if (capture) both.capturing = undefined;
      else both.other = undefined;
      if (both.capturing === undefined && both.other === undefined) apply(mapDelete, this.#known, [callback]);
      apply(mapDelete, this.#order, [listener.number]);
      listener.removed = true;
      listener.forgetSignal?.();
      if (apply(sizeOf, this.#order, []) === 0) forget(this);
    }
  }

  // By target and type, in Deno's own place for listeners: a list with our one in it, from which ours is reached.
  const listenersOf = (target, type) => target[eventTargetData]?.listeners[type]?.ours;
  function listenersFor(target, type) {
    const found = listenersOf(target, type);
    if (found !== undefined) return found;
    if (target[eventTargetData] === undefined) setEventTargetData(target);
    const ours = new Listeners(target, type);
    const list = [{ callback: (event) => ours.trampoline(event), options: { capture: false, once: false, passive: false } }];
    list.ours = ours;
    target[eventTargetData].listeners[type] = list;
    return ours;
  }
  function forget(listeners) {
    delete listeners.target[eventTargetData].listeners[listeners.type];
  }

  // Throws where the receiver is no target of events.
  const check = (target) => apply(original, target, ["", null]);
  const flagsOf = (options) =>
    typeof options === "object" && options !== null || typeof options === "function" ? options : { __proto__: null, capture: Boolean(options) };
  replace(EventTarget.prototype, "addEventListener", {
    addEventListener(type, callback, options = undefined) {
      const target = this ?? scope;
      check(target);
      if (arguments.length < 2) throw new RealTypeError("addEventListener needs a type and a listener");
      const flags = flagsOf(options);
      const listener = {
        __proto__: null, callback, capture: Boolean(flags.capture), once: Boolean(flags.once), passive: Boolean(flags.passive),
        removed: false, number: 0, forgetSignal: undefined,
      };
      const { signal } = flags;
      const aborted = signal === undefined ? false : apply(isAborted, signal, []);
      const name = `${type}`;
      if (callback === null || callback === undefined || aborted) return;
      if (typeof callback !== "object" && typeof callback !== "function") throw new RealTypeError("the listener of an event is a function or an object");
      const listeners = listenersFor(target, name);
      if (listeners.find(callback, listener.capture) !== undefined) return;
      listeners.add(listener);
      if (signal === undefined) return;
      const onAbort = () => listeners.remove(callback, listener.capture);
      apply(addToSignal, signal, ["abort", onAbort, { __proto__: null, once: true }]);
      listener.forgetSignal = () => apply(removeFromSignal, signal, ["abort", onAbort]);
    },
  }.addEventListener);
  replace(EventTarget.prototype, "removeEventListener", {
    removeEventListener(type, callback, options = undefined) {
      const target = this ?? scope;
      check(target);
      if (arguments.length < 2) throw new RealTypeError("removeEventListener needs a type and a listener");
      const capture = Boolean(flagsOf(options).capture);
      listenersOf(target, `${type}`)?.remove(callback, capture);
    },
  }.removeEventListener);
  const { dispatchEvent } = EventTarget.prototype;
  replace(EventTarget.prototype, "dispatchEvent", {
    dispatchEvent(_event) {
      return apply(dispatchEvent, this ?? scope, arguments);
    },
  }.dispatchEvent);
  lib.listensTo = (target, type) => listenersOf(target, type) !== undefined;
})
