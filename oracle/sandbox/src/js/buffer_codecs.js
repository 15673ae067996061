// Texts to bytes and back, in the encodings of Node's Buffer and with its leniency: what cannot be
// decoded ends the text (hex) or is skipped (base64). And the errors that Buffer throws.
(function (lib) {
  "use strict";
  const fromCharCode = String.fromCharCode;
  const chunked = (units) => {
    const parts = [];
    for (let at = 0; at < units.length; at += 4096) parts.push(fromCharCode(...units.subarray(at, at + 4096)));
    return parts.join("");
  };
  const bytesOfUnits = (text) => {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  };
  const base64 = {
    encode(text) {
      const padding = text.indexOf("=");
      const clean = (padding < 0 ? text : text.slice(0, padding))
        .replace(/[^A-Za-z0-9+/\-_]/g, "").replaceAll("-", "+").replaceAll("_", "/");
      return Uint8Array.fromBase64(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
    },
    decode: (bytes) => bytes.toBase64(),
    length(text) {
      let length = text.length;
      if (text.endsWith("=")) length -= text.endsWith("==") ? 2 : 1;
      return Math.floor((length * 3) / 4);
    },
  };
  const latin1 = { encode: bytesOfUnits, decode: chunked, length: (text) => text.length };
  const utf8 = { encode: (text) => lib.encodeUtf8(text), decode: (bytes) => lib.decodeUtf8(bytes) };
  utf8.length = (text) => utf8.encode(text).length;
  const utf16le = {
    encode(text) {
      const bytes = new Uint8Array(text.length * 2);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), true);
      return bytes;
    },
    decode(bytes) {
      const units = new Uint16Array(bytes.length >> 1);
      for (let at = 0; at < units.length; at++) units[at] = bytes[at * 2] | (bytes[at * 2 + 1] << 8);
      return chunked(units);
    },
    length: (text) => text.length * 2,
  };
  const CODECS = {
    __proto__: null,
    utf8, "utf-8": utf8,
    utf16le, "utf-16le": utf16le, ucs2: utf16le, "ucs-2": utf16le,
    latin1, binary: latin1,
    ascii: { ...latin1, decode: (bytes) => chunked(bytes.map((byte) => byte & 0x7f)) },
    hex: {
      encode: (text) => Uint8Array.fromHex(/^(?:[0-9a-fA-F]{2})*/.exec(text)[0]),
      decode: lib.method(Uint8Array.prototype, "toHex"),
      length: (text) => text.length >>> 1,
    },
    base64,
    base64url: { ...base64, decode: (bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true }) },
  };
  const find = (encoding) => CODECS[`${encoding}`.toLowerCase()];

  // Errors with Node's texts and codes.
  const coded = (Type, code, text) => {
    const error = new Type(text);
    Object.defineProperty(error, "code", { value: code, writable: true, enumerable: true, configurable: true });
    return error;
  };
  function received(value) {
    if (value === null || value === undefined) return ` Received ${value}`;
    if (typeof value === "function") return ` Received function ${value.name}`;
    if (typeof value === "object") {
      const name = value.constructor?.name;
      return name ? ` Received an instance of ${name}` : ` Received ${lib.inspect(value, { depth: -1 })}`;
    }
    let shown = typeof value === "string" ? `'${value}'` : lib.inspect(value, {});
    if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
    return ` Received type ${typeof value} (${shown})`;
  }
  function shownNumber(value) {
    const big = typeof value === "bigint";
    const whole = big || Number.isInteger(value);
    if (!whole || (big ? value <= 4294967296n && value >= -4294967296n : Math.abs(value) <= 4294967296)) {
      return big ? `${value}n` : typeof value === "string" ? `'${value}'` : `${Object.is(value, -0) ? "-0" : value}`;
    }
    let [text, grouped] = [`${value}`, ""];
    for (const start = text.startsWith("-") ? 1 : 0; text.length >= start + 4; text = text.slice(0, -3)) {
      grouped = `_${text.slice(-3)}${grouped}`;
    }
    return `${text}${grouped}${big ? "n" : ""}`;
  }
  lib.nodeErrors = {
    type: (name, expected, value) =>
      coded(TypeError, "ERR_INVALID_ARG_TYPE", `${name} must be ${expected}.${received(value)}`),
    range: (name, range, value) =>
      coded(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${shownNumber(value)}`),
    bounds: (name) =>
      coded(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS",
        name ? `"${name}" is outside of buffer bounds` : "Attempt to access memory outside buffer bounds"),
    size: (bits) => coded(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${bits}-bits`),
    value: (name, value) =>
      coded(TypeError, "ERR_INVALID_ARG_VALUE", `The argument '${name}' is invalid. Received ${typeof value === "string" ? `'${value}'` : lib.inspect(value, {})}`),
  };
  lib.codec = function codec(encoding) {
    const found = find(encoding);
    if (found === undefined) throw coded(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    return found;
  };
  lib.hasCodec = (encoding) => typeof encoding === "string" && encoding.length > 0 && find(encoding) !== undefined;
})
