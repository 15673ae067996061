// Texts and bytes: TextEncoder, TextDecoder, atob, btoa.
(function (lib) {
  "use strict";
  const { op_utf8_encode, op_utf8_decode } = lib.host;
  const EMPTY = new Uint8Array(0);

  // The bytes behind any buffer source, without copying.
  lib.bytesOf = function bytesOf(source) {
    if (source instanceof Uint8Array) return source;
    if (ArrayBuffer.isView(source)) {
      return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    }
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError("expected an ArrayBuffer or a view of one");
  };
  // Unpaired surrogates become U+FFFD, as in every UTF-8 encoder of the web.
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  lib.encodeUtf8 = (text) => (text === "" ? new Uint8Array(0) : op_utf8_encode(wellFormed(text)));
  lib.decodeUtf8 = (bytes) => op_utf8_decode(bytes, false);

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(input = "") {
      return lib.encodeUtf8(`${input}`);
    }
    encodeInto(source, destination) {
      let read = 0;
      let written = 0;
      for (const char of `${source}`) {
        const bytes = lib.encodeUtf8(char);
        if (written + bytes.length > destination.length) break;
        destination.set(bytes, written);
        written += bytes.length;
        read += char.length;
      }
      return { read, written };
    }
  }

  const LABELS = {
    "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
    "utf-16le": ["utf-16le", "utf-16", "ucs-2", "iso-10646-ucs-2", "unicode", "unicodefeff", "csunicode"],
    "utf-16be": ["utf-16be", "unicodefffe"],
    "windows-1252": ["windows-1252", "latin1", "iso-8859-1", "iso8859-1", "l1", "ascii", "us-ascii", "cp1252", "x-cp1252"],
  };
  const ENCODINGS = new Map();
  for (const [name, labels] of Object.entries(LABELS)) {
    for (const label of labels) ENCODINGS.set(label, name);
  }
  // What windows-1252 has at 0x80 to 0x9f.
  const C1 =
    "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
    "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

  const decoders = {
    "utf-8": (bytes, fatal) => op_utf8_decode(bytes, fatal),
    "utf-16le": (bytes, fatal) => decodeUtf16(bytes, fatal, 0, 1),
    "utf-16be": (bytes, fatal) => decodeUtf16(bytes, fatal, 1, 0),
    "windows-1252": (bytes) => {
      const parts = [];
      for (const byte of bytes) {
        parts.push(byte >= 0x80 && byte < 0xa0 ? C1[byte - 0x80] : String.fromCharCode(byte));
      }
      return parts.join("");
    },
  };
  function decodeUtf16(bytes, fatal, low, high) {
    const parts = [];
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      parts.push(String.fromCharCode(bytes[at + low] | (bytes[at + high] << 8)));
    }
    if (bytes.length % 2) parts.push("\ud800");
    const text = parts.join("");
    if (fatal && !text.isWellFormed()) throw new TypeError("The encoded data is not valid");
    return text.toWellFormed();
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #rest = EMPTY;
    #started = false;
    constructor(label = "utf-8", options = {}) {
      const name = ENCODINGS.get(`${label}`.trim().toLowerCase());
      if (name === undefined) throw new RangeError(`The encoding label provided ('${label}') is invalid`);
      this.#encoding = name;
      this.#fatal = Boolean(options?.fatal);
      this.#ignoreBOM = Boolean(options?.ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    decode(input, options = {}) {
      let bytes = input === undefined ? EMPTY : lib.bytesOf(input);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      this.#rest = EMPTY;
      if (options?.stream) {
        const whole = bytes.length - incomplete(this.#encoding, bytes);
        this.#rest = bytes.slice(whole);
        bytes = bytes.subarray(0, whole);
      }
      let text = decoders[this.#encoding](bytes, this.#fatal);
      if (!this.#started && !this.#ignoreBOM && text.startsWith("\ufeff") && this.#encoding !== "windows-1252") {
        text = text.slice(1);
      }
      this.#started = options?.stream ? this.#started || bytes.length > 0 : false;
      return text;
    }
  }
  // How many bytes at the end begin a character that is not complete yet.
  function incomplete(encoding, bytes) {
    if (encoding === "windows-1252") return 0;
    if (encoding !== "utf-8") return bytes.length % 2;
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) {
        const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        return need > back ? back : 0;
      }
      if (byte < 0x80) return 0;
    }
    return 0;
  }

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const VALUES = new Map([...ALPHABET].map((char, value) => [char, value]));
  lib.toBase64 = function toBase64(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 3) {
      const left = bytes.length - at;
      const word = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      parts.push(
        ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63] +
          (left > 1 ? ALPHABET[(word >> 6) & 63] : "=") + (left > 2 ? ALPHABET[word & 63] : "="),
      );
    }
    return parts.join("");
  };
  // Bytes of base64 text without padding; undefined where a character or the length is wrong.
  lib.fromBase64 = function fromBase64(text) {
    if (text.length % 4 === 1) return undefined;
    const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
    let word = 0;
    let bits = 0;
    let at = 0;
    for (const char of text) {
      const value = VALUES.get(char);
      if (value === undefined) return undefined;
      word = ((word << 6) | value) & 0xffffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (word >> bits) & 0xff;
      }
    }
    return bytes;
  };
  lib.toLatin1 = function toLatin1(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 4096) {
      parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
    }
    return parts.join("");
  };

  lib.globals = {
    TextEncoder,
    TextDecoder,
    atob(input) {
      let text = `${input}`.replace(/[\t\n\f\r ]/g, "");
      if (text.length % 4 === 0) text = text.replace(/==?$/, "");
      const bytes = lib.fromBase64(text);
      if (bytes === undefined) {
        throw new lib.globals.DOMException("Failed to decode base64: invalid character", "InvalidCharacterError");
      }
      return lib.toLatin1(bytes);
    },
    btoa(input) {
      const text = `${input}`;
      const bytes = new Uint8Array(text.length);
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code > 255) {
          throw new lib.globals.DOMException(
            "The string to be encoded contains characters outside of the Latin1 range.",
            "InvalidCharacterError",
          );
        }
        bytes[at] = code;
      }
      return lib.toBase64(bytes);
    },
  };
})
