// What the host asks of a value that a script returned or threw. Reading one may run the script's own code, as it does
// where the reference reads them.
(function (lib) {
  "use strict";
  const { apply, getPrototypeOf } = Reflect;
  const { parse, stringify } = JSON;
  const errors = Error.prototype;
  const { slice, toWellFormed } = String.prototype;
  const views = getPrototypeOf(Uint8Array.prototype);
  const at = lib.method(views, "at");
  const isDetached = lib.reader(ArrayBuffer.prototype, "detached");
  const { buffer, offset, bytes } = lib.view;

  // Far more than any limit on results, and a bound on what the host copies.
  const TEXT_MAX = 65536;
  const STACK_MAX = 16384;
  const wellFormed = (text) => apply(toWellFormed, apply(slice, text, [0, TEXT_MAX]), []);

  // The text of an error's name or message, as it comes out of JSON: a string is itself, another value its JSON, and what
  // JSON has no word for is missing.
  function textOf(value) {
    if (typeof value === "string") return wellFormed(value);
    const text = stringify(value);
    if (text === undefined || text === "null") return undefined;
    return wellFormed(text[0] === '"' ? parse(text) : text);
  }

  function inherits(value) {
    let prototype = value;
    do {
      prototype = getPrototypeOf(prototype);
      if (prototype === errors) return true;
    } while (prototype !== null);
    return false;
  }

  lib.results = {
    wellFormed,
    // Name, message and stack of an error; nothing of another object. Throws what reading them throws.
    describe(value, isNative) {
      if (!isNative && !inherits(value)) return undefined;
      const { name, message, stack } = value;
      const shown = typeof stack === "string" && stack.length <= STACK_MAX ? stack : "";
      return [textOf(name ?? "Error"), textOf(message ?? undefined), shown];
    },
    isDetached,
    // Where a view lies; nothing of one whose buffer is gone or has become too short for it.
    window(view) {
      try {
        at(view, 0);
      } catch {
        return undefined;
      }
      return [buffer(view), offset(view), bytes(view)];
    },
  };
})
