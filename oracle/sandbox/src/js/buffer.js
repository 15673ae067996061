// Buffer: Node's, as far as scripts for Functions rely on it. Numbers are in buffer_numbers.js.
(function (lib) {
  "use strict";
  const { codec, hasCodec } = lib;
  const errors = lib.nodeErrors;
  const INSPECT = Symbol.for("nodejs.util.inspect.custom");
  const MOST = 2 ** 32;

  class FastBuffer extends Uint8Array {}
  const { buffer: bufferOf, offset, bytes: bytesIn } = lib.view;
  const view = (bytes) => new FastBuffer(bufferOf(bytes), offset(bytes), bytesIn(bytes));
  const plain = (buffer) => new Uint8Array(bufferOf(buffer), offset(buffer), bytesIn(buffer));
  const isBytes = (value) => value instanceof Uint8Array;
  const needBytes = (value, name) => {
    if (!isBytes(value)) throw errors.type(`The "${name}" argument`, "an instance of Buffer or Uint8Array", value);
  };
  function needNumber(value, name, min, max) {
    if (typeof value !== "number") throw errors.type(`The "${name}" argument`, "of type number", value);
    if (value < min || value > max || Number.isNaN(value)) {
      throw errors.range(name, `>= ${min} && <= ${max}`, value);
    }
  }
  function needOffset(value, name, max) {
    if (typeof value !== "number") throw errors.type(`The "${name}" argument`, "of type number", value);
    if (!Number.isInteger(value)) throw errors.range(name, "an integer", value);
    if (value < 0 || value > max) throw errors.range(name, `>= 0 && <= ${max}`, value);
  }
  const encodingOf = (encoding) => codec(typeof encoding === "string" && encoding !== "" ? encoding : "utf8");

  // `Buffer(…)` and `new Buffer(…)` are what scripts of old write.
  function Buffer(value, encodingOrOffset, length) {
    if (typeof value === "number") {
      if (typeof encodingOrOffset === "string") throw errors.type('The "string" argument', "of type string", value);
      return Buffer.alloc(value);
    }
    return Buffer.from(value, encodingOrOffset, length);
  }
  function fromBuffer(buffer, byteOffset, length) {
    let start = 0;
    if (byteOffset !== undefined) {
      start = +byteOffset;
      if (Number.isNaN(start)) start = 0;
    }
    const most = buffer.byteLength - start;
    if (most < 0) throw errors.bounds("offset");
    if (length === undefined) return new FastBuffer(buffer, start, most);
    const size = +length > 0 ? +length : 0;
    if (size > most) throw errors.bounds("length");
    return new FastBuffer(buffer, start, size);
  }
  function fromArrayLike(list) {
    const buffer = new FastBuffer(list.length > 0 ? list.length : 0);
    for (let at = 0; at < buffer.length; at++) buffer[at] = list[at];
    return buffer;
  }
  function fromObject(object) {
    if (object.length !== undefined || object.buffer instanceof ArrayBuffer) {
      return typeof object.length !== "number" ? new FastBuffer(0) : fromArrayLike(object);
    }
    return object.type === "Buffer" && Array.isArray(object.data) ? fromArrayLike(object.data) : undefined;
  }
  function needSize(size) {
    needNumber(size, "size", 0, MOST);
  }
  const compareBytes = (a, b) => {
    const shared = Math.min(a.length, b.length);
    for (let at = 0; at < shared; at++) if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
    return Math.sign(a.length - b.length);
  };

  const statics = {
    from(value, encodingOrOffset, length) {
      if (typeof value === "string") return view(encodingOf(encodingOrOffset).encode(value));
      if (typeof value === "object" && value !== null) {
        if (value instanceof ArrayBuffer) return fromBuffer(value, encodingOrOffset, length);
        const inner = value.valueOf?.();
        if (inner !== value && inner !== null && inner !== undefined && (typeof inner === "string" || typeof inner === "object")) {
          return Buffer.from(inner, encodingOrOffset, length);
        }
        const buffer = fromObject(value);
        if (buffer !== undefined) return buffer;
        if (typeof value[Symbol.toPrimitive] === "function") {
          const primitive = value[Symbol.toPrimitive]("string");
          if (typeof primitive === "string") return Buffer.from(primitive, encodingOrOffset);
        }
      }
      throw errors.type(
        "The first argument", "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object", value);
    },
    of(...items) {
      return fromArrayLike(items);
    },
    alloc(size, fill, encoding) {
      needSize(size);
      const buffer = new FastBuffer(size);
      return fill === undefined || fill === 0 || size === 0 ? buffer : buffer.fill(fill, typeof fill === "string" ? encoding : undefined);
    },
    allocUnsafe(size) {
      needSize(size);
      return new FastBuffer(size);
    },
    allocUnsafeSlow(size) {
      return Buffer.allocUnsafe(size);
    },
    concat(list, length) {
      if (!Array.isArray(list)) throw errors.type('The "list" argument', "an instance of Array", list);
      if (list.length === 0) return new FastBuffer(0);
      if (length !== undefined) needOffset(length, "length", MOST);
      list.forEach((part, at) => {
        if (!isBytes(part)) throw errors.type(`The "list[${at}]" argument`, "an instance of Buffer or Uint8Array", part);
      });
      const size = length ?? list.reduce((sum, part) => sum + part.length, 0);
      const joined = Buffer.alloc(size);
      let at = 0;
      for (const part of list) {
        if (at >= size) break;
        joined.set(plain(part).subarray(0, size - at), at);
        at += part.length;
      }
      return joined;
    },
    isBuffer: (value) => value instanceof FastBuffer,
    isEncoding: hasCodec,
    byteLength(value, encoding) {
      if (typeof value === "string") return (hasCodec(encoding) ? codec(encoding) : codec("utf8")).length(value);
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
      throw errors.type('The "string" argument', "of type string or an instance of Buffer or ArrayBuffer", value);
    },
    compare(a, b) {
      needBytes(a, "buf1");
      needBytes(b, "buf2");
      return compareBytes(a, b);
    },
  };

  // First or last place of `value`, from `offset` on.
  function search(buffer, value, offset, encoding, forward) {
    let from = offset;
    let name = encoding;
    if (typeof from === "string") [from, name] = [undefined, from];
    const wanted = typeof value === "number" ? new Uint8Array([value]) : typeof value === "string" ? encodingOf(name).encode(value) : value;
    if (!isBytes(wanted)) {
      throw errors.type('The "value" argument', "one of type number or string or an instance of Buffer or Uint8Array", value);
    }
    from = +from;
    if (Number.isNaN(from)) from = forward ? 0 : buffer.length;
    from = Math.trunc(from);
    if (from < 0) from += buffer.length;
    if (from < 0 && !forward && wanted.length > 0) return -1;
    const last = buffer.length - wanted.length;
    if (wanted.length === 0) return Math.min(Math.max(from, 0), buffer.length);
    const step = forward ? 1 : -1;
    for (let at = forward ? Math.max(from, 0) : Math.min(from, last); at >= 0 && at <= last; at += step) {
      let same = 0;
      while (same < wanted.length && buffer[at + same] === wanted[same]) same++;
      if (same === wanted.length) return at;
    }
    return -1;
  }
  // The longest prefix of UTF-8 that fits and ends between two characters.
  function fitting(bytes, room) {
    let size = Math.min(bytes.length, room);
    if (size < bytes.length) while (size > 0 && (bytes[size] & 0xc0) === 0x80) size--;
    return bytes.subarray(0, size);
  }

  const methods = {
    toString(encoding, start, end) {
      const { length } = this;
      let from = start > 0 ? Math.trunc(start) || 0 : 0;
      let to = end === undefined || end > length ? length : Math.trunc(end) || 0;
      if (from >= length || to <= from) return "";
      return (encoding === undefined ? codec("utf8") : codec(encoding)).decode(plain(this).subarray(from, to));
    },
    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    },
    equals(other) {
      needBytes(other, "otherBuffer");
      return compareBytes(this, other) === 0;
    },
    compare(target, targetStart = 0, targetEnd = target?.length, start = 0, end = this.length) {
      needBytes(target, "target");
      needOffset(targetStart, "targetStart", Number.MAX_SAFE_INTEGER);
      needOffset(targetEnd, "targetEnd", target.length);
      needOffset(start, "sourceStart", Number.MAX_SAFE_INTEGER);
      needOffset(end, "sourceEnd", this.length);
      return compareBytes(plain(this).subarray(start, Math.max(start, end)), plain(target).subarray(targetStart, Math.max(targetStart, targetEnd)));
    },
    slice(start, end) {
      return this.subarray(start, end);
    },
    subarray(start, end) {
      const part = plain(this).subarray(start, end);
      return view(part);
    },
    write(text, offset, length, encoding) {
      if (typeof text !== "string") throw errors.type('The "argument" argument', "of type string", text);
      let [start, room, name] = [0, this.length, encoding];
      if (typeof offset === "string" && length === undefined) {
        name = offset;
      } else if (offset !== undefined) {
        needOffset(offset, "offset", this.length);
        start = offset;
        room = this.length - offset;
        if (typeof length === "string") {
          name = length;
        } else if (length !== undefined) {
          needOffset(length, "length", this.length);
          room = Math.min(room, length);
        }
      }
      const used = encodingOf(name);
      let bytes = used.encode(text);
      if (used === codec("utf8")) bytes = fitting(bytes, room);
      else bytes = bytes.subarray(0, used === codec("utf16le") ? Math.min(bytes.length, room) & ~1 : room);
      this.set(bytes, start);
      return bytes.length;
    },
    copy(target, targetStart = 0, start = 0, end = this.length) {
      needBytes(target, "target");
      const to = Math.trunc(+targetStart) || 0;
      const from = Math.trunc(+start) || 0;
      const until = Math.trunc(+end) || 0;
      if (to < 0) throw errors.range("targetStart", ">= 0", to);
      if (from < 0 || from > this.length) throw errors.range("sourceStart", `>= 0 && <= ${this.length}`, from);
      if (until < 0) throw errors.range("sourceEnd", ">= 0", until);
      if (to >= target.length || from >= until) return 0;
      const part = plain(this).subarray(from, Math.min(until, from + target.length - to));
      target.set(part, to);
      return part.length;
    },
    fill(value, offset, end, encoding) {
      let [from, to, name] = [offset, end, encoding];
      if (typeof value === "string") {
        if (from === undefined || typeof from === "string") [from, to, name] = [undefined, undefined, from];
        else if (typeof to === "string") [to, name] = [undefined, to];
        if (name !== undefined && typeof name !== "string") throw errors.type('The "encoding" argument', "of type string", name);
      }
      if (from === undefined) {
        [from, to] = [0, this.length];
      } else {
        needNumber(from, "offset", 0, MOST);
        if (to === undefined) to = this.length;
        else needNumber(to, "end", 0, this.length);
      }
      const pattern = typeof value === "string" ? encodingOf(name).encode(value) : isBytes(value) ? Uint8Array.from(value) : new Uint8Array([value]);
      if (from >= to) return this;
      if (pattern.length === 0) {
        if (typeof value !== "string" || value !== "") throw errors.value("value", value);
        Reflect.apply(Uint8Array.prototype.fill, this, [0, from, to]);
        return this;
      }
      for (let at = from; at < to; at++) this[at] = pattern[(at - from) % pattern.length];
      return this;
    },
    indexOf(value, byteOffset, encoding) {
      return search(this, value, byteOffset, encoding, true);
    },
    lastIndexOf(value, byteOffset, encoding) {
      return search(this, value, byteOffset, encoding, false);
    },
    includes(value, byteOffset, encoding) {
      return search(this, value, byteOffset, encoding, true) !== -1;
    },
    inspect() {
      const shown = plain(this).subarray(0, 50).toHex().replace(/(..)(?=.)/g, "$1 ");
      const more = this.length > 50 ? ` ... ${this.length - 50} more byte${this.length > 51 ? "s" : ""}` : "";
      return `<Buffer ${shown}${more}>`;
    },
  };
  methods.toLocaleString = methods.toString;

  for (const [target, members] of [[Buffer, statics], [FastBuffer.prototype, methods]]) {
    for (const name of Object.keys(members)) {
      Object.defineProperty(target, name, { value: members[name], writable: true, enumerable: true, configurable: true });
    }
  }
  Object.defineProperties(FastBuffer.prototype, {
    parent: { get() { return this.buffer; }, enumerable: true, configurable: true },
    offset: { get() { return this.byteOffset; }, enumerable: true, configurable: true },
    constructor: { value: Buffer, writable: true, configurable: true },
    [INSPECT]: { value: methods.inspect, writable: true, configurable: true },
    [Symbol.for("Deno.customInspect")]: { value: methods.inspect, writable: true, configurable: true },
  });
  Object.defineProperties(Buffer, {
    poolSize: { value: 8192, writable: true, enumerable: true, configurable: true },
    prototype: { value: FastBuffer.prototype, writable: false },
    [Symbol.species]: { get: () => FastBuffer, configurable: true },
  });
  Object.setPrototypeOf(Buffer, Uint8Array);
  lib.globals.Buffer = Buffer;
})
