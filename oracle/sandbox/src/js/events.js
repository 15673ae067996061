// Events, abort signals, timers.
(function (lib) {
  "use strict";
  const { op_timer_start, op_timer_cancel, op_now } = lib.host;

  const CODES = {
    IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5,
    NotFoundError: 8, NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12,
    InvalidAccessError: 15, SecurityError: 18, NetworkError: 19, AbortError: 20,
    URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, DataCloneError: 25,
  };
  class DOMException extends Error {
    #name;
    constructor(message = "", options = "Error") {
      super(`${message}`);
      this.#name = `${typeof options === "object" && options !== null ? options.name ?? "Error" : options}`;
    }
    get name() {
      return this.#name;
    }
    get code() {
      return CODES[this.#name] ?? 0;
    }
    get [Symbol.toStringTag]() {
      return "DOMException";
    }
  }

  class Event {
    #type;
    #init;
    target = null;
    currentTarget = null;
    defaultPrevented = false;
    stopped = false;
    constructor(type, init = {}) {
      this.#type = `${type}`;
      this.#init = init ?? {};
    }
    get type() {
      return this.#type;
    }
    get bubbles() {
      return Boolean(this.#init.bubbles);
    }
    get cancelable() {
      return Boolean(this.#init.cancelable);
    }
    get timeStamp() {
      return op_now(false);
    }
    preventDefault() {
      if (this.cancelable) this.defaultPrevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this.stopped = true;
    }
  }
  class CustomEvent extends Event {
    constructor(type, init = {}) {
      super(type, init);
      this.detail = init?.detail ?? null;
    }
  }
  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options) {
      if (listener === null || listener === undefined) return;
      const list = this.#listeners.get(`${type}`) ?? [];
      if (list.some((entry) => entry.listener === listener)) return;
      const once = typeof options === "object" && Boolean(options?.once);
      this.#listeners.set(`${type}`, [...list, { listener, once }]);
    }
    removeEventListener(type, listener) {
      const list = this.#listeners.get(`${type}`) ?? [];
      this.#listeners.set(`${type}`, list.filter((entry) => entry.listener !== listener));
    }
    dispatchEvent(event) {
      event.target = this;
      event.currentTarget = this;
      const handler = this[`on${event.type}`];
      if (typeof handler === "function") handler.call(this, event);
      for (const { listener, once } of this.#listeners.get(event.type) ?? []) {
        if (event.stopped) break;
        if (once) this.removeEventListener(event.type, listener);
        if (typeof listener === "function") listener.call(this, event);
        else listener.handleEvent(event);
      }
      event.currentTarget = null;
      return !event.defaultPrevented;
    }
  }

  const abortError = () => new DOMException("The signal has been aborted", "AbortError");
  let makeSignal;
  let abortSignal;
  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    onabort = null;
    static {
      makeSignal = () => new AbortSignal(KEY);
      abortSignal = (signal, reason) => {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason === undefined ? abortError() : reason;
        signal.dispatchEvent(new Event("abort"));
      };
    }
    constructor(key) {
      if (key !== KEY) throw new TypeError("Illegal constructor");
      super();
    }
    get aborted() {
      return this.#aborted;
    }
    get reason() {
      return this.#reason;
    }
    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }
    static abort(reason) {
      const signal = makeSignal();
      abortSignal(signal, reason);
      return signal;
    }
    static timeout(delay) {
      const signal = makeSignal();
      setTimer(() => abortSignal(signal, new DOMException("Signal timed out.", "TimeoutError")), delay);
      return signal;
    }
    static any(signals) {
      const signal = makeSignal();
      for (const other of signals) {
        if (other.aborted) {
          abortSignal(signal, other.reason);
          break;
        }
        other.addEventListener("abort", () => abortSignal(signal, other.reason));
      }
      return signal;
    }
  }
  const KEY = Symbol("key");
  class AbortController {
    #signal = makeSignal();
    get signal() {
      return this.#signal;
    }
    abort(reason) {
      abortSignal(this.#signal, reason);
    }
  }

  // Timers. The host knows a timer by its handle; the script by an id that survives repetition.
  const callbacks = new Map();
  const handles = new Map();
  let nextId = 1;
  function arm(id, delay, run) {
    const handle = op_timer_start(delay);
    handles.set(id, handle);
    callbacks.set(handle, run);
  }
  function setTimer(callback, delay, ...args) {
    const id = nextId++;
    const wait = Math.max(0, Math.trunc(Number(delay)) || 0);
    arm(id, wait, () => {
      handles.delete(id);
      call(callback, args);
    });
    return id;
  }
  function setRepeating(callback, delay, ...args) {
    const id = nextId++;
    const wait = Math.max(1, Math.trunc(Number(delay)) || 0);
    const run = () => {
      arm(id, wait, run);
      call(callback, args);
    };
    arm(id, wait, run);
    return id;
  }
  function call(callback, args) {
    if (typeof callback === "function") callback(...args);
    else throw new TypeError("the callback of a timer is not a function");
  }
  function clearTimer(id) {
    const handle = handles.get(Number(id));
    if (handle === undefined) return;
    handles.delete(Number(id));
    callbacks.delete(handle);
    op_timer_cancel(handle);
  }
  lib.fire = function fire(handle) {
    const run = callbacks.get(handle);
    callbacks.delete(handle);
    run?.();
  };
  lib.setTimer = setTimer;
  lib.clearTimer = clearTimer;

  Object.assign(lib.globals, {
    DOMException, Event, CustomEvent, EventTarget, AbortSignal, AbortController,
    setTimeout: setTimer,
    setInterval: setRepeating,
    clearTimeout: clearTimer,
    clearInterval: clearTimer,
    queueMicrotask(callback) {
      if (typeof callback !== "function") throw new TypeError("expected a function");
      // A throwing microtask is an unhandled rejection, which ends the run.
      Promise.resolve().then(() => void callback());
    },
    performance: {
      now: () => op_now(false),
      get timeOrigin() {
        return op_now(true) - op_now(false);
      },
    },
  });
  Object.defineProperty(lib.globals.setTimeout, "name", { value: "setTimeout" });
  Object.defineProperty(lib.globals.setInterval, "name", { value: "setInterval" });
  Object.defineProperty(lib.globals.clearTimeout, "name", { value: "clearTimeout" });
})
