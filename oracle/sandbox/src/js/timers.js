// Timers and performance, on the run's clock. The host knows a timer by its handle; the script by
// an id that survives repetition.
(function (lib) {
  "use strict";
  const { op_timer_start, op_timer_cancel, op_now } = lib.host;

  const callbacks = new Map();
  const handles = new Map();
  let nextId = 1;
  function arm(id, delay, run, isLimit = false) {
    const handle = op_timer_start(delay, isLimit);
    handles.set(id, handle);
    callbacks.set(handle, run);
  }
  function call(callback, args) {
    if (typeof callback === "function") callback(...args);
    else throw new TypeError("the callback of a timer is not a function");
  }
  function once(callback, delay, args, isLimit) {
    const id = nextId++;
    const wait = Math.max(0, Math.trunc(Number(delay)) || 0);
    const run = () => {
      handles.delete(id);
      call(callback, args);
    };
    arm(id, wait, run, isLimit);
    return id;
  }
  function setTimeout(callback, delay = 0, ...args) {
    return once(callback, delay, args, false);
  }
  function setInterval(callback, delay = 0, ...args) {
    const id = nextId++;
    const wait = Math.max(1, Math.trunc(Number(delay)) || 0);
    const run = () => {
      arm(id, wait, run);
      call(callback, args);
    };
    arm(id, wait, run);
    return id;
  }
  function clearTimeout(id = undefined) {
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
  // The time limit of a request, which is a matter of the network and so of the real clock.
  lib.setLimit = (callback, delay) => once(callback, delay, [], true);
  lib.clearTimer = clearTimeout;

  const { newSignal, signalAbort } = lib.abort;
  const { AbortSignal, DOMException } = lib.globals;
  Object.defineProperty(AbortSignal, "timeout", {
    value: function timeout(milliseconds) {
      const signal = newSignal();
      lib.setLimit(() => signal[signalAbort](new DOMException("The operation was aborted due to timeout", "TimeoutError")), milliseconds);
      return signal;
    },
    writable: true, enumerable: true, configurable: true,
  });

  Object.assign(lib.globals, {
    setTimeout, setInterval, clearTimeout,
    clearInterval: function clearInterval(id = undefined) {
      clearTimeout(id);
    },
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
      toJSON: () => ({ timeOrigin: op_now(true) - op_now(false) }),
    },
  });
})
