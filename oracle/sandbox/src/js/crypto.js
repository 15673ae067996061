// crypto: seeded random values (public by design, never a secret) and digests.
(function (lib) {
  "use strict";
  const { op_random_bytes, op_digest } = lib.host;
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  class Crypto {
    getRandomValues(array) {
      const integers = ArrayBuffer.isView(array) && !(array instanceof DataView) &&
        !(array instanceof Float32Array) && !(array instanceof Float64Array);
      if (!integers) {
        throw new lib.globals.DOMException("expected an integer typed array", "TypeMismatchError");
      }
      if (array.byteLength > 65536) {
        throw new lib.globals.DOMException("at most 65536 bytes can be requested", "QuotaExceededError");
      }
      op_random_bytes(lib.bytesOf(array));
      return array;
    }
    randomUUID() {
      const bytes = new Uint8Array(16);
      op_random_bytes(bytes);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const text = hex(bytes);
      return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
    }
    subtle = Object.freeze({
      async digest(algorithm, data) {
        const name = typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm;
        try {
          return op_digest(`${name}`.toUpperCase(), lib.bytesOf(data)).buffer;
        } catch {
          throw new lib.globals.DOMException("Unrecognized algorithm name", "NotSupportedError");
        }
      },
    });
  }
  lib.globals.crypto = new Crypto();
})
