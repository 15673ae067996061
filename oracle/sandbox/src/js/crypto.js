// crypto: seeded random values (public by design, never a secret), and subtle on the host's arithmetic.
//
// What subtle offers is what the host computes (SHA, HMAC, AES, HKDF, PBKDF2, RSA signatures, ECDSA,
// Ed25519); everything else is refused as not supported. Generating keys is refused where random values
// are seeded: such a key would be known to everybody.
(function (lib) {
  "use strict";
  const { buffer: bufferOf } = lib.view;
  const { host } = lib;
  const { CryptoKey, fail, unsupported, guarded, copy, algorithmOf, hashOf, use, importKey, importSecret, exportKey } = lib.keys;
  const KEY = Symbol("key");
  const EMPTY = new Uint8Array(0);
  const HASH_BYTES = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };
  const HASH_BLOCK = { "SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128 };

  // Kind, digest and salt length of a signature.
  function signature(algorithm, key) {
    const { name } = algorithm;
    if (name === "ECDSA") return [key.algorithm.namedCurve, hashOf(algorithm.hash), 0];
    if (name === "Ed25519") return ["Ed25519", "SHA-512", 0];
    const hash = key.algorithm.hash.name;
    if (name === "RSA-PSS" && hash === "SHA-1") unsupported("RSA-PSS with SHA-1");
    const salt = name === "RSA-PSS" ? Number(algorithm.saltLength ?? HASH_BYTES[hash]) : 0;
    return [name, hash, salt];
  }
  const SIGNING = ["HMAC", "RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA", "Ed25519"];
  function sign(given, key, data) {
    const algorithm = algorithmOf(given, SIGNING);
    const inner = use(key, algorithm, "sign");
    const message = copy(data);
    if (algorithm.name === "HMAC") return bufferOf(host.op_crypto_hmac(inner.algorithm.hash.name, inner.data, message));
    const [kind, hash, salt] = signature(algorithm, inner);
    return guarded("OperationError", () => bufferOf(host.op_crypto_sign(kind, hash, inner.data, message, salt)));
  }
  function verify(given, key, signed, data) {
    const algorithm = algorithmOf(given, SIGNING);
    const inner = use(key, algorithm, "verify");
    const [mark, message] = [copy(signed), copy(data)];
    if (algorithm.name === "HMAC") {
      return host.op_crypto_hmac_verify(inner.algorithm.hash.name, inner.data, message, mark);
    }
    const [kind, hash, salt] = signature(algorithm, inner);
    return guarded("OperationError", () => host.op_crypto_verify(kind, hash, inner.data, message, mark, salt));
  }

  function cipher(encrypt, given, key, data, usage = encrypt ? "encrypt" : "decrypt") {
    const algorithm = algorithmOf(given, ["AES-GCM", "AES-CBC", "AES-CTR"]);
    const inner = use(key, algorithm, usage);
    const iv = copy(algorithm.name === "AES-CTR" ? algorithm.counter : algorithm.iv);
    const additional = algorithm.additionalData === undefined ? EMPTY : copy(algorithm.additionalData);
    const parameter = algorithm.name === "AES-GCM" ? Number(algorithm.tagLength ?? 128) : Number(algorithm.length ?? 0);
    const message = copy(data);
    return guarded("OperationError", () =>
      bufferOf(host.op_crypto_cipher(algorithm.name, encrypt, inner.data, iv, additional, parameter, message)));
  }

  function derive(given, key, bits, usage) {
    const algorithm = algorithmOf(given, ["HKDF", "PBKDF2"]);
    const inner = use(key, algorithm, usage);
    if (!Number.isInteger(bits) || bits % 8 !== 0 || bits < 0) fail("OperationError", "the length is not whole bytes");
    const hash = hashOf(algorithm.hash);
    const salt = copy(algorithm.salt);
    return guarded("OperationError", () =>
      bufferOf(algorithm.name === "HKDF"
        ? host.op_crypto_hkdf(hash, inner.data, salt, copy(algorithm.info), bits / 8)
        : host.op_crypto_pbkdf2(hash, inner.data, salt, Number(algorithm.iterations), bits / 8)
      ));
  }
  const bitsOf = (given) => {
    const wanted = algorithmOf(given, ["HMAC", "AES-GCM", "AES-CBC", "AES-CTR"]);
    if (wanted.name !== "HMAC" && wanted.length === undefined) throw new TypeError("the algorithm needs a length");
    return Number(wanted.length ?? HASH_BLOCK[hashOf(wanted.hash)] * 8);
  };

  function generateKey(given, extractable, usages) {
    const algorithm = algorithmOf(given, lib.keys.algorithms);
    if (!host.op_compat()) {
      fail("NotSupportedError", "generating keys is refused: random values of a run are seeded and known to everybody");
    }
    if (algorithm.name !== "HMAC" && !algorithm.name.startsWith("AES")) unsupported(`generating a key of ${algorithm.name}`);
    const bytes = new Uint8Array(bitsOf(given) / 8);
    host.op_random_bytes(bytes);
    return importSecret("raw", bytes, algorithm, extractable, usages);
  }

  class SubtleCrypto {
    constructor(key) {
      if (key !== KEY) throw new TypeError("Illegal constructor");
    }
    async digest(algorithm, data) {
      const bytes = copy(data);
      const { name } = algorithmOf(algorithm, ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);
      return bufferOf(host.op_crypto_digest(name, bytes));
    }
    async importKey(format, keyData, algorithm, extractable, keyUsages) {
      return importKey(format, keyData, algorithm, extractable, keyUsages);
    }
    async exportKey(format, key) {
      return exportKey(`${format}`, key);
    }
    async sign(algorithm, key, data) {
      return sign(algorithm, key, data);
    }
    async verify(algorithm, key, signature, data) {
      return verify(algorithm, key, signature, data);
    }
    async encrypt(algorithm, key, data) {
      return cipher(true, algorithm, key, data);
    }
    async decrypt(algorithm, key, data) {
      return cipher(false, algorithm, key, data);
    }
    async deriveBits(algorithm, baseKey, length) {
      return derive(algorithm, baseKey, length, "deriveBits");
    }
    async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
      const bytes = derive(algorithm, baseKey, bitsOf(derivedKeyType), "deriveKey");
      return importKey("raw", bytes, derivedKeyType, extractable, keyUsages);
    }
    async generateKey(algorithm, extractable, keyUsages) {
      return generateKey(algorithm, extractable, keyUsages);
    }
    async wrapKey(format, key, wrappingKey, algorithm) {
      const exported = exportKey(`${format}`, key);
      const data = format === "jwk" ? lib.encodeUtf8(JSON.stringify(exported)) : exported;
      return cipher(true, algorithm, wrappingKey, data, "wrapKey");
    }
    async unwrapKey(format, wrappedKey, unwrappingKey, algorithm, keyAlgorithm, extractable, keyUsages) {
      const data = cipher(false, algorithm, unwrappingKey, wrappedKey, "unwrapKey");
      const parsed = format === "jwk" ? JSON.parse(lib.decodeUtf8(new Uint8Array(data))) : data;
      return importKey(format, parsed, keyAlgorithm, extractable, keyUsages);
    }
    get [Symbol.toStringTag]() {
      return "SubtleCrypto";
    }
  }

  const INTEGERS = [
    "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
    "BigInt64Array", "BigUint64Array",
  ];
  const typeName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
  class Crypto {
    #subtle = new SubtleCrypto(KEY);
    constructor(key) {
      if (key !== KEY) throw new TypeError("Illegal constructor");
    }
    get subtle() {
      return this.#subtle;
    }
    getRandomValues(array) {
      if (!INTEGERS.includes(Reflect.apply(typeName, array, []))) {
        fail("TypeMismatchError", "expected an integer typed array");
      }
      if (array.byteLength > 65536) fail("QuotaExceededError", "at most 65536 bytes can be requested");
      host.op_random_bytes(lib.bytesOf(array));
      return array;
    }
    randomUUID() {
      const bytes = new Uint8Array(16);
      host.op_random_bytes(bytes);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const text = bytes.toHex();
      return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
    }
    get [Symbol.toStringTag]() {
      return "Crypto";
    }
  }
  Object.assign(lib.globals, { crypto: new Crypto(KEY), Crypto, CryptoKey, SubtleCrypto });
})
