// The global scope as a target of events: what nobody caught is an `error` or an `unhandledrejection` there, which a
// listener may take for handled. What none does ends the run.
(function (lib) {
  "use strict";
  const { ErrorEvent, PromiseRejectionEvent, defineEventHandler, eventTargetData, setEventTargetData } = lib.event;
  const { EventTarget } = lib.globals;
  const { inspect, listensTo } = lib;
  const { apply } = Reflect;
  const { reject } = Promise;
  const [RealError, RealPromise, RealString, RealTypeError] = [Error, Promise, String, TypeError];
  const { has, add } = WeakSet.prototype;
  const { dispatchEvent } = EventTarget.prototype;
  const scope = globalThis;

  // Whether a listener prevented what the event announces.
  function isPrevented(make) {
    try {
      return !apply(dispatchEvent, scope, [make()]);
    } catch {
      return false;
    }
  }

  function describe(error) {
    try {
      const isObject = typeof error === "object" && error !== null;
      return `Uncaught ${isObject && !(error instanceof RealError) ? inspect(error) : RealString(error)}`;
    } catch {
      return "Uncaught exception";
    }
  }

  // Promises that stand for an exception, of which listeners have heard.
  const exceptions = new WeakSet();
  let reporting = false;
  // Whether a listener took an exception for handled. One that is thrown meanwhile is not reported.
  lib.isHandled = function isHandled(error) {
    if (reporting || !listensTo(scope, "error")) return false;
    reporting = true;
    try {
      return isPrevented(() => new ErrorEvent("error", { __proto__: null, cancelable: true, message: describe(error), error }));
    } finally {
      reporting = false;
    }
  };
  lib.report = function report(error) {
    if (!lib.isHandled(error)) apply(add, exceptions, [apply(reject, RealPromise, [error])]);
  };
  const rejection = (type, cancelable) => (promise, reason) => {
    if (!listensTo(scope, type) || apply(has, exceptions, [promise])) return false;
    return isPrevented(() => new PromiseRejectionEvent(type, { __proto__: null, cancelable, promise, reason }));
  };
  lib.announceRejection = rejection("unhandledrejection", true);
  lib.announceHandled = rejection("rejectionhandled", false);

  class Window extends EventTarget {
    constructor() {
      super();
      throw new RealTypeError("Illegal constructor");
    }
  }
  // Once the globals are in place. What makes the scope a target stays there, whatever a script removes.
  lib.listenGlobally = function listenGlobally() {
    const brand = Object.getOwnPropertySymbols(new EventTarget()).find((symbol) => symbol.description === "[[webidl.brand]]");
    setEventTargetData(scope);
    const fixed = { writable: false, enumerable: false, configurable: false };
    Object.defineProperty(scope, eventTargetData, fixed);
    Object.defineProperty(scope, brand, { value: brand, ...fixed });
    Object.setPrototypeOf(scope, Window.prototype);
    for (const type of ["error", "unhandledrejection"]) {
      defineEventHandler(scope, type);
      Object.defineProperty(scope, `on${type}`, { enumerable: false });
    }
  };

  Object.assign(lib.globals, {
    ErrorEvent, PromiseRejectionEvent,
    reportError(error) {
      if (arguments.length === 0) throw new RealTypeError("reportError needs an error");
      lib.report(error);
    },
  });
})
