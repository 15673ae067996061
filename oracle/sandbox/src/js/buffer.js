// Buffer: the part of Node's that scripts for Functions rely on.
(function (lib) {
  "use strict";

  const codecs = {
    utf8: [(text) => lib.encodeUtf8(text), (bytes) => lib.decodeUtf8(bytes)],
    hex: [
      (text) => {
        const digits = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
        const bytes = new Uint8Array(digits.length / 2);
        for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(digits.slice(at * 2, at * 2 + 2), 16);
        return bytes;
      },
      (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    ],
    base64: [
      (text) => {
        const clean = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=.*$/s, "").replace(/[^A-Za-z0-9+/]/g, "");
        return lib.fromBase64(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
      },
      (bytes) => lib.toBase64(bytes),
    ],
    latin1: [(text) => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff), (bytes) => lib.toLatin1(bytes)],
    ascii: [
      (text) => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff),
      (bytes) => lib.toLatin1(bytes.map((byte) => byte & 0x7f)),
    ],
    utf16le: [
      (text) => {
        const bytes = new Uint8Array(text.length * 2);
        for (let at = 0; at < text.length; at++) {
          bytes[at * 2] = text.charCodeAt(at) & 0xff;
          bytes[at * 2 + 1] = text.charCodeAt(at) >> 8;
        }
        return bytes;
      },
      (bytes) => new lib.globals.TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes),
    ],
  };
  codecs.base64url = [
    codecs.base64[0],
    (bytes) => lib.toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  ];
  const ALIASES = { "utf-8": "utf8", binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le" };
  function codec(encoding = "utf8") {
    const name = `${encoding}`.toLowerCase();
    const found = codecs[ALIASES[name] ?? name];
    if (found === undefined) throw new TypeError(`Unknown encoding: ${encoding}`);
    return found;
  }
  const view = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Buffer extends Uint8Array {
    static poolSize = 8192;
    static get [Symbol.species]() {
      return Buffer;
    }
    static from(value, encodingOrOffset, length) {
      if (typeof value === "string") return view(codec(encodingOrOffset ?? "utf8")[0](value));
      if (value instanceof ArrayBuffer) return new Buffer(value, encodingOrOffset, length);
      if (ArrayBuffer.isView(value)) return view(Uint8Array.from(value));
      if (typeof value === "object" && value !== null) {
        if (value.type === "Buffer" && Array.isArray(value.data)) return view(Uint8Array.from(value.data));
        if (typeof value.length === "number" || typeof value[Symbol.iterator] === "function") {
          return view(Uint8Array.from(value, (item) => Number(item) & 0xff));
        }
      }
      throw new TypeError(
        "The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object.",
      );
    }
    static of(...items) {
      return Buffer.from(items);
    }
    static alloc(size, fill, encoding) {
      if (typeof size !== "number" || !(size >= 0)) throw new RangeError(`invalid buffer size: ${size}`);
      const buffer = new Buffer(size);
      return fill === undefined ? buffer : buffer.fill(fill, 0, size, encoding);
    }
    static allocUnsafe(size) {
      return Buffer.alloc(size);
    }
    static concat(list, total) {
      const length = total ?? list.reduce((sum, part) => sum + part.length, 0);
      const joined = Buffer.alloc(length);
      let at = 0;
      for (const part of list) {
        if (at >= length) break;
        joined.set(part.subarray(0, length - at), at);
        at += part.length;
      }
      return joined;
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    static isEncoding(encoding) {
      const name = `${encoding}`.toLowerCase();
      return Object.hasOwn(codecs, ALIASES[name] ?? name);
    }
    static byteLength(value, encoding) {
      return typeof value === "string" ? codec(encoding)[0](value).length : value.byteLength;
    }
    static compare(a, b) {
      const shared = Math.min(a.length, b.length);
      for (let at = 0; at < shared; at++) {
        if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
      }
      return Math.sign(a.length - b.length);
    }
    get parent() {
      return this.buffer;
    }
    toString(encoding, start = 0, end = this.length) {
      return codec(encoding)[1](new Uint8Array(this.buffer, this.byteOffset, this.length).subarray(start, end));
    }
    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    }
    equals(other) {
      return Buffer.compare(this, other) === 0;
    }
    compare(other) {
      return Buffer.compare(this, other);
    }
    slice(start, end) {
      return this.subarray(start, end);
    }
    write(text, offset = 0, length = this.length - offset, encoding = "utf8") {
      if (typeof offset === "string") return this.write(text, 0, this.length, offset);
      if (typeof length === "string") return this.write(text, offset, this.length - offset, length);
      const bytes = codec(encoding)[0](text).subarray(0, Math.min(length, this.length - offset));
      this.set(bytes, offset);
      return bytes.length;
    }
    copy(target, targetStart = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - targetStart));
      target.set(part, targetStart);
      return part.length;
    }
    fill(value, start = 0, end = this.length, encoding = "utf8") {
      if (typeof value !== "string" && !ArrayBuffer.isView(value)) {
        return super.fill(Number(value) & 0xff, start, end);
      }
      const pattern = typeof value === "string" ? codec(encoding)[0](value) : value;
      for (let at = start; at < end; at++) this[at] = pattern.length ? pattern[(at - start) % pattern.length] : 0;
      return this;
    }
    #find(value, encoding) {
      return typeof value === "string" ? codec(encoding)[0](value) : typeof value === "number" ? [value & 0xff] : value;
    }
    indexOf(value, from = 0, encoding = "utf8") {
      const wanted = this.#find(value, encoding);
      for (let at = Math.max(0, from < 0 ? this.length + from : from); at + wanted.length <= this.length; at++) {
        let same = 0;
        while (same < wanted.length && this[at + same] === wanted[same]) same++;
        if (same === wanted.length) return at;
      }
      return -1;
    }
    includes(value, from, encoding) {
      return this.indexOf(value, from, encoding) >= 0;
    }
    swap16() {
      for (let at = 0; at + 1 < this.length; at += 2) [this[at], this[at + 1]] = [this[at + 1], this[at]];
      return this;
    }
    #view(offset, size) {
      if (!Number.isInteger(offset) || offset < 0 || offset + size > this.length) {
        throw new RangeError(`The value of "offset" is out of range. Received ${offset}`);
      }
      return new DataView(this.buffer, this.byteOffset + offset, size);
    }
    #word(offset, size, little) {
      const data = this.#view(offset, size);
      let value = 0;
      for (let at = 0; at < size; at++) value = value * 256 + data.getUint8(little ? size - 1 - at : at);
      return value;
    }
    #put(value, offset, size, little) {
      const data = this.#view(offset, size);
      let rest = value;
      for (let at = 0; at < size; at++) {
        data.setUint8(little ? at : size - 1 - at, rest & 0xff);
        rest = Math.floor(rest / 256);
      }
      return offset + size;
    }
    static {
      const define = (name, value) => Object.defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true });
      const alias = (name) => define(name.replace("UInt", "Uint"), Buffer.prototype[name]);
      for (const [kind, type, size] of [
        ["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2],
        ["UInt32", "Uint32", 4], ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8],
        ["BigUInt64", "BigUint64", 8], ["BigInt64", "BigInt64", 8],
      ]) {
        for (const [suffix, little] of size === 1 ? [["", false]] : [["LE", true], ["BE", false]]) {
          define(`read${kind}${suffix}`, function (offset = 0) {
            return this.#view(offset, size)[`get${type}`](0, little);
          });
          define(`write${kind}${suffix}`, function (value, offset = 0) {
            this.#view(offset, size)[`set${type}`](0, value, little);
            return offset + size;
          });
          if (kind.includes("UInt")) ["read", "write"].forEach((verb) => alias(`${verb}${kind}${suffix}`));
        }
      }
      for (const [suffix, little] of [["LE", true], ["BE", false]]) {
        define(`readUInt${suffix}`, function (offset, size) {
          return this.#word(offset, size, little);
        });
        define(`readInt${suffix}`, function (offset, size) {
          const value = this.#word(offset, size, little);
          return value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
        });
        for (const kind of ["UInt", "Int"]) {
          define(`write${kind}${suffix}`, function (value, offset, size) {
            return this.#put(value < 0 ? value + 2 ** (size * 8) : value, offset, size, little);
          });
        }
        alias(`readUInt${suffix}`);
        alias(`writeUInt${suffix}`);
      }
    }
  }
  lib.globals.Buffer = Buffer;
})
