// console: Deno's, printing into the run's log. Elapsed times are those of the run's clock.
(function (lib) {
  "use strict";
  const { op_console, op_now } = lib.host;
  const { Console, inspectArgs, setNoColorFns } = lib.console;
  setNoColorFns(() => true, () => true);

  const [slice, split, endsWith] = ["slice", "split", "endsWith"].map((name) => lib.method(String.prototype, name));
  const [cut, join] = ["slice", "join"].map((name) => lib.method(Array.prototype, name));
  const [has, get, set, remove] = ["has", "get", "set", "delete"].map((name) => lib.method(Map.prototype, name));
  const console = new Console((text) => op_console(endsWith(text, "\n") ? slice(text, 0, -1) : text));
  const timers = new Map();
  const { log, warn } = console;
  const unknown = (label) => warn(`Timer '${label}' does not exist`);
  Object.assign(console, {
    trace(...values) {
      const { stack } = new Error();
      const frames = typeof stack === "string" ? cut(split(stack, "\n"), 1) : [];
      const head = values.length === 0 ? "Trace" : `Trace: ${inspectArgs(values, { colors: false })}`;
      log(`${head}\n${join(frames, "\n")}`);
    },
    time(label = "default") {
      if (has(timers, `${label}`)) warn(`Timer '${label}' already exists`);
      else set(timers, `${label}`, op_now(false));
    },
    timeLog(label = "default", ...values) {
      const start = get(timers, `${label}`);
      if (start === undefined) unknown(label);
      else log(`${label}: ${op_now(false) - start}ms`, ...values);
    },
    timeEnd(label = "default") {
      const start = get(timers, `${label}`);
      if (start === undefined) unknown(label);
      else log(`${label}: ${op_now(false) - start}ms`);
      remove(timers, `${label}`);
    },
  });
  delete console.indentLevel;
  // The printer is built at its first use: here, once for all runs.
  log({ ready: [true] });
  lib.globals.console = console;
})
