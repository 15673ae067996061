// What `import("node:…")` gives: the parts of Node's modules that compute and touch nothing outside.
//
// Each object becomes a module: its keys are the named exports, the object itself is the default.
(function (lib) {
  "use strict";
  const { op_crypto_digest, op_crypto_hmac, op_random_bytes } = lib.host;
  const { Buffer, URL, URLSearchParams, TextEncoder, TextDecoder, Blob, File, atob, btoa } = lib.globals;
  const module = (members) => Object.freeze(Object.assign(Object.create(null), members));
  const bytesOf = (data, encoding) => (typeof data === "string" ? Buffer.from(data, encoding) : lib.bytesOf(data));

  const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
  function hashName(name) {
    const found = HASHES[`${name}`.toLowerCase().replace("-", "")];
    if (found === undefined) throw new Error("Digest method not supported");
    return found;
  }
  class Digest {
    #chunks = [];
    #finish;
    constructor(finish) {
      this.#finish = finish;
    }
    update(data, encoding) {
      if (this.#finish === null) throw new Error("Digest already called");
      this.#chunks.push(Buffer.from(bytesOf(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#finish === null) throw new Error("Digest already called");
      const bytes = Buffer.from(this.#finish(Buffer.concat(this.#chunks)).buffer);
      this.#finish = null;
      return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding);
    }
  }
  class Hash extends Digest {}
  class Hmac extends Digest {}
  function createHash(name) {
    const hash = hashName(name);
    return new Hash((data) => op_crypto_digest(hash, data));
  }
  function createHmac(name, key) {
    const hash = hashName(name);
    const secret = Buffer.from(bytesOf(key));
    return new Hmac((data) => op_crypto_hmac(hash, secret, data));
  }
  function timingSafeEqual(left, right) {
    const [a, b] = [lib.bytesOf(left), lib.bytesOf(right)];
    if (a.length !== b.length) throw new RangeError("Input buffers must have the same byte length");
    let differences = 0;
    for (let at = 0; at < a.length; at++) differences |= a[at] ^ b[at];
    return differences === 0;
  }
  function randomBytes(size) {
    const bytes = Buffer.alloc(size);
    if (size > 0) op_random_bytes(bytes);
    return bytes;
  }

  const escape = (text) =>
    encodeURIComponent(`${text}`.toWellFormed());
  function unescape(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return Buffer.from(text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString();
    }
  }
  const primitive = (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number") return Number.isFinite(value) ? `${value}` : "";
    return typeof value === "bigint" || typeof value === "boolean" ? `${value}` : "";
  };
  function stringify(object, separator = "&", equals = "=", options = {}) {
    if (typeof object !== "object" || object === null) return "";
    const encode = options?.encodeURIComponent ?? escape;
    return Object.keys(object)
      .flatMap((key) => {
        const name = encode(key);
        const values = Array.isArray(object[key]) ? object[key] : [object[key]];
        return values.map((value) => `${name}${equals}${encode(primitive(value))}`);
      })
      .join(separator);
  }
  function parse(text, separator = "&", equals = "=", options = {}) {
    const result = Object.create(null);
    if (typeof text !== "string" || text === "") return result;
    const decode = (part) => (options?.decodeURIComponent ?? unescape)(part.replaceAll("+", " "));
    const most = options?.maxKeys ?? 1000;
    for (const part of text.split(separator).slice(0, most > 0 ? most : undefined)) {
      if (part === "") continue;
      const at = part.indexOf(equals);
      const name = decode(at < 0 ? part : part.slice(0, at));
      const value = at < 0 ? "" : decode(part.slice(at + equals.length));
      if (!(name in result)) result[name] = value;
      else if (Array.isArray(result[name])) result[name].push(value);
      else result[name] = [result[name], value];
    }
    return result;
  }

  class StringDecoder {
    #decoder;
    #bytes = null;
    constructor(encoding = "utf8") {
      if (!Buffer.isEncoding(encoding)) throw new TypeError(`Unknown encoding: ${encoding}`);
      this.encoding = `${encoding}`.toLowerCase().replace("utf-8", "utf8");
      if (this.encoding === "utf8") this.#decoder = new TextDecoder("utf-8", { ignoreBOM: true });
      else if (/^(utf-?16le|ucs-?2)$/.test(this.encoding)) this.#decoder = new TextDecoder("utf-16le", { ignoreBOM: true });
      else if (this.encoding.startsWith("base64")) this.#bytes = Buffer.alloc(0);
    }
    write(data) {
      if (this.#decoder) return this.#decoder.decode(lib.bytesOf(data), { stream: true });
      if (this.#bytes === null) return Buffer.from(lib.bytesOf(data)).toString(this.encoding);
      const all = Buffer.concat([this.#bytes, lib.bytesOf(data)]);
      const whole = all.length - (all.length % 3);
      this.#bytes = all.subarray(whole);
      return all.toString(this.encoding, 0, whole);
    }
    end(data) {
      const head = data === undefined ? "" : this.write(data);
      if (this.#decoder) return head + this.#decoder.decode();
      const rest = this.#bytes === null ? "" : this.#bytes.toString(this.encoding);
      if (this.#bytes !== null) this.#bytes = Buffer.alloc(0);
      return head + rest;
    }
  }

  const inspect = (value, options) => lib.inspect(value, options);
  function format(...values) {
    return lib.console.inspectArgs(values, { colors: false });
  }
  const promisify = (callee) =>
    function (...args) {
      return new Promise((resolve, reject) => {
        Reflect.apply(callee, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
      });
    };
  function inherits(constructor, parent) {
    Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
    Object.setPrototypeOf(constructor.prototype, parent.prototype);
  }

  lib.builtins = module({
    buffer: module({ Buffer, Blob, File, atob, btoa, kMaxLength: 2 ** 31 - 1, constants: Object.freeze({ MAX_LENGTH: 2 ** 31 - 1, MAX_STRING_LENGTH: 2 ** 29 - 24 }) }),
    crypto: module({
      createHash, createHmac, timingSafeEqual, randomBytes,
      randomUUID: () => lib.globals.crypto.randomUUID(),
      getHashes: () => Object.keys(HASHES),
      webcrypto: lib.globals.crypto,
      subtle: lib.globals.crypto.subtle,
    }),
    querystring: module({ stringify, parse, encode: stringify, decode: parse, escape, unescape }),
    string_decoder: module({ StringDecoder }),
    url: module({ URL, URLSearchParams }),
    util: module({ inspect, format, promisify, inherits, TextEncoder, TextDecoder }),
  });
})
