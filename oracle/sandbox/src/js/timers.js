// Timers and performance, on the run's clock. The host knows a timer by its handle; the script by
// an id that survives repetition.
(function (lib) {
  "use strict";
  const { op_timer_start, op_timer_cancel, op_now } = lib.host;
  const { apply } = Reflect;
  const { max, trunc } = Math;

  const [read, write, remove] = ["get", "set", "delete"].map((name) => lib.method(Map.prototype, name));
  const callbacks = new Map();
  const handles = new Map();
  let nextId = 1;
  function arm(id, delay, run, isLimit = false) {
    const handle = op_timer_start(delay, isLimit);
    write(handles, id, handle);
    write(callbacks, handle, run);
  }
  function call(callback, args) {
    if (typeof callback === "function") apply(callback, undefined, args);
    else throw new TypeError("the callback of a timer is not a function");
  }
  function once(callback, delay, args, isLimit) {
    const id = nextId++;
    const wait = max(0, trunc(Number(delay)) || 0);
    const run = () => {
      remove(handles, id);
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
    const wait = max(1, trunc(Number(delay)) || 0);
    const run = () => {
      arm(id, wait, run);
      call(callback, args);
    };
    arm(id, wait, run);
    return id;
  }
  function clearTimeout(id = undefined) {
    const known = Number(id);
    const handle = read(handles, known);
    if (handle === undefined) return;
    remove(handles, known);
    remove(callbacks, handle);
    op_timer_cancel(handle);
  }
  lib.fire = function fire(handle) {
    const run = read(callbacks, handle);
    remove(callbacks, handle);
    try {
      run?.();
    } catch (error) {
      if (!lib.isHandled(error)) throw error;
    }
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
      // By syntax alone: the script may have replaced Promise.
      (async () => {
        await undefined;
        try {
          callback();
        } catch (error) {
          lib.report(error);
        }
      })();
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
