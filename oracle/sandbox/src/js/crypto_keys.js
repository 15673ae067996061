// The keys of crypto.subtle: algorithms, usages, import and export.
(function (lib) {
  "use strict";
  const { host } = lib;
  const { DOMException } = lib.globals;
  const KEY = Symbol("key");
  const EMPTY = new Uint8Array(0);
  const CURVE_BYTES = { "P-256": 32, "P-384": 48, Ed25519: 32 };
  const fail = (name, text) => {
    throw new DOMException(text, name);
  };
  const unsupported = (what) => fail("NotSupportedError", `${what} is not supported`);
  // Host errors carry our own fixed texts; scripts see them under the name the standard gives.
  function guarded(name, operation) {
    try {
      return operation();
    } catch (error) {
      return fail(name, error.message);
    }
  }
  const copy = (source) => lib.bytesOf(source).slice();

  // Names of algorithms, in the spelling of the standard.
  const NAMES = new Map(
    ["HMAC", "RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA", "Ed25519", "AES-GCM", "AES-CBC", "AES-CTR", "HKDF", "PBKDF2",
      "SHA-1", "SHA-256", "SHA-384", "SHA-512", "P-256", "P-384"].map((name) => [name.toLowerCase(), name]),
  );
  function algorithmOf(given, allowed) {
    const parameters = typeof given === "object" && given !== null ? given : { name: `${given}` };
    if (parameters.name === undefined) throw new TypeError("an algorithm has a name");
    const name = NAMES.get(`${parameters.name}`.toLowerCase());
    if (name === undefined || !allowed.includes(name)) fail("NotSupportedError", "Unrecognized algorithm name");
    return { ...parameters, name };
  }
  const hashOf = (given) => {
    if (given === undefined) throw new TypeError("the algorithm needs a hash");
    return algorithmOf(given, ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]).name;
  };
  const curveOf = (given) => NAMES.get(`${given}`.toLowerCase()) ?? unsupported(`the curve ${given}`);

  let open;
  class CryptoKey {
    #inner;
    static {
      open = (key) => {
        if (typeof key !== "object" || key === null || !(#inner in key)) throw new TypeError("expected a CryptoKey");
        return key.#inner;
      };
      lib.platform.push((value) => (#inner in value ? () => new CryptoKey(KEY, value.#inner) : undefined));
    }
    constructor(key, inner) {
      if (key !== KEY) throw new TypeError("Illegal constructor");
      this.#inner = inner;
    }
    get type() {
      return this.#inner.type;
    }
    get extractable() {
      return this.#inner.extractable;
    }
    get algorithm() {
      return this.#inner.algorithm;
    }
    get usages() {
      return [...this.#inner.usages];
    }
    get [Symbol.toStringTag]() {
      return "CryptoKey";
    }
  }
  // What a key of each algorithm may be used for.
  const USAGES = {
    HMAC: { secret: ["sign", "verify"] },
    "AES-GCM": { secret: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
    HKDF: { secret: ["deriveKey", "deriveBits"] },
    "RSASSA-PKCS1-v1_5": { private: ["sign"], public: ["verify"] },
  };
  USAGES["AES-CBC"] = USAGES["AES-CTR"] = USAGES["AES-GCM"];
  USAGES.PBKDF2 = USAGES.HKDF;
  USAGES["RSA-PSS"] = USAGES.ECDSA = USAGES.Ed25519 = USAGES["RSASSA-PKCS1-v1_5"];
  function makeKey(type, algorithm, data, extractable, usages) {
    const list = [...usages].map(String);
    const possible = USAGES[algorithm.name][type];
    for (const usage of list) {
      if (!possible.includes(usage)) fail("SyntaxError", `a ${type} key of ${algorithm.name} cannot be used to ${usage}`);
    }
    if (type !== "public" && list.length === 0) fail("SyntaxError", `a ${type} key needs at least one usage`);
    const inner = { type, algorithm: Object.freeze(algorithm), data, extractable: Boolean(extractable), usages: list };
    return new CryptoKey(KEY, inner);
  }
  function use(key, algorithm, usage) {
    const inner = open(key);
    if (inner.algorithm.name !== algorithm.name) fail("InvalidAccessError", `the key is one of ${inner.algorithm.name}`);
    if (!inner.usages.includes(usage)) fail("InvalidAccessError", `the key may not be used to ${usage}`);
    return inner;
  }

  // JSON web keys.
  const fromUrlBase64 = (text, what) => {
    if (typeof text !== "string") fail("DataError", `the key has no ${what}`);
    return guarded("DataError", () => Uint8Array.fromBase64(text, { alphabet: "base64url" }));
  };
  const toUrlBase64 = (bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const lengths = (parts) =>
    join(...parts.flatMap((part) => [new Uint8Array(new Uint32Array([part.length]).buffer), part]));
  function split(parts) {
    const list = [];
    for (let at = 0; at < parts.length;) {
      const length = new DataView(parts.buffer, parts.byteOffset + at, 4).getUint32(0, true);
      list.push(parts.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return list;
  }
  function checkJwk(jwk, kty, extractable, usages) {
    if (typeof jwk !== "object" || jwk === null) throw new TypeError("a JSON web key is an object");
    if (jwk.kty !== kty) fail("DataError", `the key's kty is not "${kty}"`);
    if (jwk.ext === false && extractable) fail("DataError", "the key is not extractable");
    if (Array.isArray(jwk.key_ops) && ![...usages].every((usage) => jwk.key_ops.includes(usage))) {
      fail("DataError", "the key's key_ops do not allow these usages");
    }
  }

  const host_import = (kind, format, data) =>
    guarded("DataError", () => host.op_crypto_import(kind, format, data));
  const host_export = (kind, format, data) =>
    guarded("OperationError", () => host.op_crypto_export(kind, format, data));

  function importSecret(format, data, algorithm, extractable, usages) {
    let bytes;
    if (format === "raw" || format === "raw-secret") {
      bytes = copy(data);
    } else if (format === "jwk" && algorithm.name !== "HKDF" && algorithm.name !== "PBKDF2") {
      checkJwk(data, "oct", extractable, usages);
      bytes = fromUrlBase64(data.k, "k");
    } else {
      unsupported(`importing a key of ${algorithm.name} from ${format}`);
    }
    if (algorithm.name === "HMAC") {
      if (bytes.length === 0) fail("DataError", "the key is empty");
      const hash = { name: hashOf(algorithm.hash) };
      const bits = algorithm.length === undefined ? bytes.length * 8 : Number(algorithm.length);
      if (!(bits <= bytes.length * 8 && bits > bytes.length * 8 - 8)) fail("DataError", "the length does not fit the key");
      return makeKey("secret", { name: "HMAC", hash, length: bits }, bytes, extractable, usages);
    }
    if (algorithm.name.startsWith("AES")) {
      if (![16, 24, 32].includes(bytes.length)) fail("DataError", "an AES key has 16, 24 or 32 bytes");
      return makeKey("secret", { name: algorithm.name, length: bytes.length * 8 }, bytes, extractable, usages);
    }
    if (extractable) fail("SyntaxError", `a key of ${algorithm.name} cannot be extractable`);
    return makeKey("secret", { name: algorithm.name }, bytes, false, usages);
  }

  function importRsa(format, data, algorithm, extractable, usages) {
    const hash = { name: hashOf(algorithm.hash) };
    let type = "public";
    let bytes;
    if (format === "pkcs8" || format === "spki") {
      type = format === "pkcs8" ? "private" : "public";
      bytes = host_import("RSA", format, copy(data));
    } else if (format === "jwk") {
      checkJwk(data, "RSA", extractable, usages);
      const parts = ["n", "e"];
      if (data.d !== undefined) {
        type = "private";
        parts.push("d", "p", "q");
      }
      bytes = host_import("RSA", `${type} parts`, lengths(parts.map((name) => fromUrlBase64(data[name], name))));
    } else {
      unsupported(`importing an RSA key from ${format}`);
    }
    const [modulus, publicExponent] = split(host_export("RSA", `${type} parts`, bytes));
    const modulusLength = modulus.length * 8 - Math.clz32(modulus[0]) + 24;
    const own = { name: algorithm.name, modulusLength, publicExponent: publicExponent.slice(), hash };
    return makeKey(type, own, bytes, extractable, usages);
  }

  function importCurve(format, data, algorithm, extractable, usages) {
    const curve = algorithm.name === "Ed25519" ? "Ed25519" : curveOf(algorithm.namedCurve);
    const size = CURVE_BYTES[curve] ?? unsupported(`the curve ${curve}`);
    let type = "public";
    let bytes;
    if (format === "pkcs8" || format === "spki") {
      type = format === "pkcs8" ? "private" : "public";
      bytes = host_import(curve, format, copy(data));
    } else if (format === "raw") {
      bytes = host_import(curve, "raw", copy(data));
    } else if (format === "jwk") {
      checkJwk(data, curve === "Ed25519" ? "OKP" : "EC", extractable, usages);
      if (data.crv !== curve) fail("DataError", `the key's crv is not "${curve}"`);
      const x = fromUrlBase64(data.x, "x");
      const y = curve === "Ed25519" ? EMPTY : fromUrlBase64(data.y, "y");
      if (curve !== "Ed25519" && (x.length !== size || y.length !== size)) fail("DataError", "the point is malformed");
      const point = host_import(curve, "raw", curve === "Ed25519" ? x : join(new Uint8Array([4]), x, y));
      bytes = point;
      if (data.d !== undefined) {
        type = "private";
        bytes = host_import(curve, "scalar", fromUrlBase64(data.d, "d"));
        const own = host_export(curve, "public", bytes);
        if (!own.every((byte, at) => byte === point[at])) fail("DataError", "the two halves of the key do not belong together");
      }
    } else {
      unsupported(`importing a key of ${algorithm.name} from ${format}`);
    }
    const own = curve === "Ed25519" ? { name: curve } : { name: "ECDSA", namedCurve: curve };
    return makeKey(type, own, bytes, extractable, usages);
  }

  function importKey(format, data, given, extractable, usages) {
    const algorithm = algorithmOf(given, Object.keys(USAGES));
    if (algorithm.name.startsWith("RSA")) return importRsa(`${format}`, data, algorithm, extractable, usages);
    if (algorithm.name === "ECDSA" || algorithm.name === "Ed25519") {
      return importCurve(`${format}`, data, algorithm, extractable, usages);
    }
    return importSecret(`${format}`, data, algorithm, extractable, usages);
  }

  function exportKey(format, key) {
    const { type, algorithm, data, extractable, usages } = open(key);
    if (!extractable) fail("InvalidAccessError", "the key is not extractable");
    const { name } = algorithm;
    const shared = { key_ops: [...usages], ext: true };
    if (type === "secret") {
      if (format === "raw") return data.slice().buffer;
      if (format !== "jwk") unsupported(`exporting a secret key as ${format}`);
      const alg = name === "HMAC" ? `HS${algorithm.hash.name.slice(4)}` : `A${algorithm.length}${name.slice(4)}`;
      return { ...shared, kty: "oct", k: toUrlBase64(data), alg };
    }
    const kind = name.startsWith("RSA") ? "RSA" : name === "Ed25519" ? name : algorithm.namedCurve;
    if (format === (type === "private" ? "pkcs8" : "spki")) return host_export(kind, format, data).buffer;
    if (format === "raw" && type === "public" && kind !== "RSA") return data.slice().buffer;
    if (format !== "jwk") fail("InvalidAccessError", `a ${type} key cannot be exported as ${format}`);
    if (kind === "RSA") {
      const names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
      const parts = split(host_export("RSA", `${type} parts`, data));
      const jwk = { kty: "RSA", alg: `${name === "RSA-PSS" ? "PS" : "RS"}${algorithm.hash.name.slice(4)}` };
      parts.forEach((part, at) => {
        jwk[names[at]] = toUrlBase64(part);
      });
      return { ...shared, ...jwk };
    }
    const point = type === "private" ? host_export(kind, "public", data) : data;
    const size = CURVE_BYTES[kind];
    const jwk = kind === "Ed25519"
      ? { kty: "OKP", crv: kind, alg: kind, x: toUrlBase64(point) }
      : { kty: "EC", crv: kind, x: toUrlBase64(point.subarray(1, 1 + size)), y: toUrlBase64(point.subarray(1 + size)) };
    if (type === "private") jwk.d = toUrlBase64(data);
    return { ...shared, ...jwk };
  }

  lib.keys = {
    CryptoKey, fail, unsupported, guarded, copy, algorithmOf, hashOf, use, importKey, importSecret, exportKey,
    algorithms: Object.keys(USAGES),
  };
})
