// Installs the globals, removes what scripts may not have, returns the host's entry points.
(function (lib) {
  "use strict";
  const { op_now, op_random } = lib.host;
  const { WebAssembly } = globalThis;
  const hide = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

  // Time: the script's clock stands still between timers.
  const RealDate = Date;
  const construct = Reflect.construct;
  function VirtualDate(...parts) {
    if (new.target === undefined) return Reflect.apply(RealDate.prototype.toString, new RealDate(op_now(true)), []);
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

  // Scaled by the largest and summed with Kahan's compensation: V8's bits, where the C library's differ in every third.
  const { abs, sqrt } = Math;
  hide(Math, "hypot", hypot);
  function hypot(_x, _y) {
    const values = [];
    let [largest, unknown] = [0, false];
    for (let at = 0; at < arguments.length; at++) {
      const value = abs(arguments[at]);
      values[at] = value;
      if (value > largest) largest = value;
      unknown ||= value !== value;
    }
    if (largest === Infinity) return largest;
    if (unknown) return NaN;
    if (largest === 0) return 0;
    let [sum, compensation] = [0, 0];
    for (let at = 0; at < values.length; at++) {
      const part = values[at] / largest;
      const summand = part * part - compensation;
      const next = sum + summand;
      compensation = next - sum - summand;
      sum = next;
    }
    return sqrt(sum) * largest;
  }

  // The engine names the zone in short; V8, which scripts were written for, in full.
  for (const name of ["toString", "toTimeString"]) {
    const original = RealDate.prototype[name];
    hide(RealDate.prototype, name, {
      [name]() {
        return Reflect.apply(original, this, []).replace("(UTC)", "(Coordinated Universal Time)");
      },
    }[name]);
  }

  // Locale: always en-US, without the engine's incomplete Intl.
  hide(Number.prototype, "toLocaleString", function toLocaleString(_locale, options) {
    const number = Number(this);
    if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number < 0 ? "-∞" : "∞";
    const least = Math.min(Math.max(Math.trunc(options?.minimumFractionDigits ?? 0), 0), 100);
    const most = Math.min(Math.max(Math.trunc(options?.maximumFractionDigits ?? Math.max(least, 3)), least), 100);
    const text = Math.abs(number) < 1e21 ? number.toFixed(most) : String(BigInt(number));
    const [whole, part = ""] = text.split(".");
    const tail = part.slice(0, least) + part.slice(least).replace(/0+$/, "");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (tail === "" ? "" : `.${tail}`);
  });
  hide(BigInt.prototype, "toLocaleString", function toLocaleString() {
    return String(this).replace(/\B(?=(\d{3})+$)/g, ",");
  });
  const { getTime, toISOString } = RealDate.prototype;
  const ISO = /^([+-]?\d+)-(\d+)-(\d+)T(\d+):(\d+:\d+)/;
  const dateText = ({ year, month, day }) => `${month}/${day}/${year > 0 ? year : 1 - year}`;
  const timeText = ({ hour, minutes }) => `${hour % 12 || 12}:${minutes} ${hour < 12 ? "AM" : "PM"}`;
  const texts = {
    toLocaleDateString: dateText,
    toLocaleTimeString: timeText,
    toLocaleString: (parts) => `${dateText(parts)}, ${timeText(parts)}`,
  };
  for (const name of Object.keys(texts)) {
    hide(RealDate.prototype, name, {
      [name]() {
        if (Number.isNaN(Reflect.apply(getTime, this, []))) return "Invalid Date";
        const found = ISO.exec(Reflect.apply(toISOString, this, []));
        const [year, month, day, hour] = found.slice(1, 5).map(Number);
        return texts[name]({ year, month, day, hour, minutes: found[5] });
      },
    }[name]);
  }

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
  delete Error.prepareStackTrace;
  const constant = (name, value) => Object.defineProperty(globalThis, name, { value, enumerable: true });
  constant("Functions", lib.globals.Functions);
  lib.listenGlobally();

  return {
    ...lib.results,
    formatStack: lib.formatStack,
    errors: Error,
    fire: lib.fire,
    deliver: lib.deliver,
    announceRejection: lib.announceRejection,
    announceHandled: lib.announceHandled,
    builtins: lib.builtins,
    inject(args, bytesArgs, secretPairs, wasm = false) {
      const secrets = {};
      for (let at = 0; at < secretPairs.length; at += 2) {
        Object.defineProperty(secrets, secretPairs[at], {
          value: secretPairs[at + 1], writable: true, enumerable: true, configurable: true,
        });
      }
      constant("args", args);
      constant("bytesArgs", bytesArgs);
      constant("secrets", secrets);
      if (wasm) hide(globalThis, "WebAssembly", WebAssembly);
    },
  };
})
