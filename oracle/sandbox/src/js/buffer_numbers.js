// Buffer's readers and writers of numbers.
(function (lib) {
  "use strict";
  const errors = lib.nodeErrors;
  const { prototype } = lib.globals.Buffer;
  const define = (name, value) => {
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, enumerable: true, configurable: true });
    if (name.includes("UInt")) {
      Object.defineProperty(prototype, name.replace("UInt", "Uint"), { value, writable: true, enumerable: true, configurable: true });
    }
  };
  const checkNumber = (value, name) => {
    if (typeof value !== "number") throw errors.type(`The "${name}" argument`, "of type number", value);
  };
  function outside(value, last, name) {
    if (Math.floor(value) !== value) {
      checkNumber(value, name ?? "offset");
      throw errors.range(name ?? "offset", "an integer", value);
    }
    if (last < 0) throw errors.bounds();
    throw errors.range(name ?? "offset", `>= ${name ? 1 : 0} and <= ${last}`, value);
  }
  function place(buffer, offset, size) {
    checkNumber(offset, "offset");
    if (buffer[offset] === undefined || buffer[offset + size - 1] === undefined) outside(offset, buffer.length - size);
    return new DataView(buffer.buffer, buffer.byteOffset + offset, size);
  }
  function checkValue(value, signed, size) {
    const big = typeof value === "bigint";
    const bits = size * 8;
    const min = big ? (signed ? -(2n ** BigInt(bits - 1)) : 0n) : signed ? -(2 ** (bits - 1)) : 0;
    const max = big ? 2n ** BigInt(signed ? bits - 1 : bits) - 1n : 2 ** (signed ? bits - 1 : bits) - 1;
    if (!(value > max || value < min)) return;
    const n = big ? "n" : "";
    const range = size <= 4
      ? `>= ${min}${n} and <= ${max}${n}`
      : signed
      ? `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`
      : `>= 0${n} and < 2${n} ** ${bits}${n}`;
    throw errors.range("value", range, value);
  }

  for (const [kind, type, size] of [
    ["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2],
    ["UInt32", "Uint32", 4], ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8],
    ["BigUInt64", "BigUint64", 8], ["BigInt64", "BigInt64", 8],
  ]) {
    const big = kind.startsWith("Big");
    const whole = kind.includes("Int");
    for (const [suffix, little] of size === 1 ? [["", false]] : [["LE", true], ["BE", false]]) {
      const get = DataView.prototype[`get${type}`];
      const set = DataView.prototype[`set${type}`];
      define(`read${kind}${suffix}`, function (offset = 0) {
        return Reflect.apply(get, place(this, offset, size), [0, little]);
      });
      define(`write${kind}${suffix}`, function (value, offset = 0) {
        const number = big ? value : +value;
        if (big && typeof value !== "bigint") throw new TypeError("Cannot mix BigInt and other types, use explicit conversions");
        if (size === 1) checkNumber(offset, "offset");
        if (whole) checkValue(number, !kind.includes("UInt"), size);
        Reflect.apply(set, place(this, offset, size), [0, number, little]);
        return offset + size;
      });
    }
  }

  function checkSize(size) {
    if (size === undefined) throw errors.type('The "byteLength" argument', "of type number", size);
    if (!(Number.isInteger(size) && size >= 1 && size <= 6)) outside(size, 6, "byteLength");
  }
  for (const [suffix, little] of [["LE", true], ["BE", false]]) {
    for (const [kind, signed] of [["UInt", false], ["Int", true]]) {
      define(`read${kind}${suffix}`, function (offset, size) {
        if (offset === undefined) throw errors.type('The "offset" argument', "of type number", offset);
        checkSize(size);
        const view = place(this, offset, size);
        let value = 0;
        for (let at = 0; at < size; at++) value = value * 256 + view.getUint8(little ? size - 1 - at : at);
        return signed && value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
      });
      define(`write${kind}${suffix}`, function (value, offset, size) {
        checkSize(size);
        const number = +value;
        checkValue(number, signed, size);
        const view = place(this, offset, size);
        let rest = Number.isFinite(number) ? Math.trunc(number) : 0;
        if (rest < 0) rest += 2 ** (size * 8);
        for (let at = 0; at < size; at++) {
          view.setUint8(little ? at : size - 1 - at, rest % 256);
          rest = Math.floor(rest / 256);
        }
        return offset + size;
      });
    }
  }

  for (const bits of [16, 32, 64]) {
    define(`swap${bits}`, function () {
      const size = bits / 8;
      if (this.length % size !== 0) throw errors.size(bits);
      for (let at = 0; at < this.length; at += size) {
        Reflect.apply(Uint8Array.prototype.reverse, new Uint8Array(this.buffer, this.byteOffset + at, size), []);
      }
      return this;
    });
  }
})
