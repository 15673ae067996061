// Installs the globals, removes what scripts may not have, returns the host's entry points.
(function (lib) {
  "use strict";
  const { op_now, op_random } = lib.host;
  const AsyncFunction = (async () => {}).constructor;
  const indirectEval = globalThis.eval;
  const hide = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  // Time: the script's clock stands still between timers.
  const RealDate = Date;
  const construct = Reflect.construct;
  function VirtualDate(...parts) {
    if (new.target === undefined) return new RealDate(op_now(true)).toString();
    return construct(RealDate, parts.length === 0 ? [op_now(true)] : parts, new.target);
  }
  Object.defineProperties(VirtualDate, {
    name: { value: "Date" },
    length: { value: 7 },
    prototype: { value: RealDate.prototype, writable: false },
  });
  hide(VirtualDate, "now", function now() {
    return op_now(true);
  });
  hide(VirtualDate, "parse", RealDate.parse);
  hide(VirtualDate, "UTC", RealDate.UTC);
  hide(RealDate.prototype, "constructor", VirtualDate);
  hide(Math, "random", function random() {
    return op_random();
  });

  // Locale: always en-US, without the engine's incomplete Intl.
  hide(Number.prototype, "toLocaleString", function toLocaleString() {
    const number = Number(this);
    if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number < 0 ? "-∞" : "∞";
    const [whole, part = ""] = Math.abs(number) < 1e21 ? number.toFixed(3).split(".") : [String(BigInt(number))];
    const tail = part.replace(/0+$/, "");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (tail === "" ? "" : `.${tail}`);
  });
  hide(BigInt.prototype, "toLocaleString", function toLocaleString() {
    return String(this).replace(/\B(?=(\d{3})+$)/g, ",");
  });

  // Deno: present, and refusing everything.
  class PermissionDenied extends Error {
    get name() {
      return "PermissionDenied";
    }
  }
  const refuse = (name) =>
    Object.freeze(function () {
      throw new PermissionDenied(`access to ${name} is denied`);
    });
  const deno = { errors: Object.freeze({ PermissionDenied }) };
  for (const name of [
    "exit", "cwd", "chdir", "memoryUsage", "hostname", "osRelease", "uid", "gid", "loadavg", "systemMemoryInfo",
    "networkInterfaces", "execPath", "open", "openSync", "create", "createSync", "readFile", "readFileSync",
    "readTextFile", "readTextFileSync", "writeFile", "writeFileSync", "writeTextFile", "writeTextFileSync", "readDir",
    "readDirSync", "readLink", "readLinkSync", "realPath", "realPathSync", "stat", "statSync", "lstat", "lstatSync",
    "mkdir", "mkdirSync", "makeTempDir", "makeTempDirSync", "makeTempFile", "makeTempFileSync", "remove",
    "removeSync", "rename", "renameSync", "copyFile", "copyFileSync", "chmod", "chmodSync", "chown", "chownSync",
    "link", "linkSync", "symlink", "symlinkSync", "truncate", "truncateSync", "watchFs", "connect", "connectTls",
    "listen", "listenTls", "listenDatagram", "resolveDns", "serve", "serveHttp", "upgradeWebSocket", "run", "Command",
    "kill", "dlopen", "addSignalListener", "openKv", "createHttpClient",
  ]) {
    deno[name] = refuse(`Deno.${name}`);
  }
  deno.env = Object.freeze({
    get: refuse("Deno.env"), set: refuse("Deno.env"), has: refuse("Deno.env"),
    delete: refuse("Deno.env"), toObject: refuse("Deno.env"),
  });

  function structuredClone(value, seen = new Map()) {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new lib.globals.DOMException(`${String(value)} could not be cloned.`, "DataCloneError");
    }
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    if (value instanceof RealDate) return keep(new RealDate(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return keep(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const type = value instanceof lib.globals.Buffer ? Uint8Array : value.constructor;
      const buffer = structuredClone(value.buffer, seen);
      const length = value instanceof DataView ? value.byteLength : value.length;
      return keep(new type(buffer, value.byteOffset, length));
    }
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of value) copy.set(structuredClone(key, seen), structuredClone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const item of value) copy.add(structuredClone(item, seen));
      return copy;
    }
    if (value instanceof Error) {
      const copy = keep(new Error(value.message));
      hide(copy, "name", value.name);
      return copy;
    }
    const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) copy[key] = structuredClone(value[key], seen);
    return copy;
  }
  hide(lib.globals, "structuredClone", (value) => structuredClone(value));

  const LANGUAGE = [
    "Object", "Function", "Array", "Number", "parseFloat", "parseInt", "Infinity", "NaN", "undefined", "Boolean",
    "String", "Symbol", "Promise", "RegExp", "Error", "AggregateError", "EvalError", "RangeError", "ReferenceError",
    "SyntaxError", "TypeError", "URIError", "SuppressedError", "globalThis", "JSON", "Math", "Reflect", "Proxy", "Map",
    "Set", "WeakMap", "WeakSet", "BigInt", "ArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray",
    "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array",
    "Float32Array", "Float64Array", "isFinite", "isNaN", "decodeURI", "decodeURIComponent", "encodeURI",
    "encodeURIComponent", "escape", "unescape", "eval", "Iterator", "DisposableStack", "AsyncDisposableStack",
  ];
  for (const name of Reflect.ownKeys(globalThis)) {
    if (!LANGUAGE.includes(name)) delete globalThis[name];
  }
  for (const name of Reflect.ownKeys(lib.globals)) {
    if (name !== "Functions") hide(globalThis, name, lib.globals[name]);
  }
  hide(globalThis, "Date", VirtualDate);
  hide(globalThis, "Deno", Object.freeze(deno));
  hide(globalThis, "self", globalThis);
  hide(Promise.prototype, "constructor", Promise);
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });
  const constant = (name, value) => Object.defineProperty(globalThis, name, { value, enumerable: true });
  constant("Functions", lib.globals.Functions);

  return {
    errorPrototype: Error.prototype,
    fire: lib.fire,
    deliver: lib.deliver,
    inject(args, bytesArgs, secretPairs) {
      const secrets = {};
      for (let at = 0; at < secretPairs.length; at += 2) {
        Object.defineProperty(secrets, secretPairs[at], {
          value: secretPairs[at + 1], writable: true, enumerable: true, configurable: true,
        });
      }
      constant("args", args);
      constant("bytesArgs", bytesArgs);
      constant("secrets", secrets);
    },
    // The source is parsed inside three different wrappers, so that only the body of a function
    // gets through: what may follow an early closing brace differs in each. A parenthesis forbids
    // a second brace, an object demands a comma or a brace, a class forbids the comma.
    compile(source) {
      const script = new AsyncFunction(`"use strict";${source}\n`);
      indirectEval(`"use strict";({async script(){${source}\n}})`);
      indirectEval(`"use strict";(class{async script(){${source}\n}})`);
      return script;
    },
  };
})
