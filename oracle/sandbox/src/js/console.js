// console: Deno's, printing into the run's log. Elapsed times are those of the run's clock.
(function (lib) {
  "use strict";
  const { op_console, op_now } = lib.host;
  const { Console, inspectArgs, setNoColorFns } = lib.console;
  setNoColorFns(() => true, () => true);

  const console = new Console((text) => op_console(text.endsWith("\n") ? text.slice(0, -1) : text));
  const timers = new Map();
  const { log, warn } = console;
  const unknown = (label) => warn(`Timer '${label}' does not exist`);
  Object.assign(console, {
    trace(...values) {
      const frames = new Error().stack.split("\n").slice(1);
      const head = values.length === 0 ? "Trace" : `Trace: ${inspectArgs(values, { colors: false })}`;
      log([head, ...frames].join("\n"));
    },
    time(label = "default") {
      if (timers.has(`${label}`)) warn(`Timer '${label}' already exists`);
      else timers.set(`${label}`, op_now(false));
    },
    timeLog(label = "default", ...values) {
      const start = timers.get(`${label}`);
      if (start === undefined) unknown(label);
      else log(`${label}: ${op_now(false) - start}ms`, ...values);
    },
    timeEnd(label = "default") {
      const start = timers.get(`${label}`);
      if (start === undefined) unknown(label);
      else log(`${label}: ${op_now(false) - start}ms`);
      timers.delete(`${label}`);
    },
  });
  delete console.indentLevel;
  // The printer is built at its first use: here, once for all runs.
  log({ ready: [true] });
  lib.globals.console = console;
})
