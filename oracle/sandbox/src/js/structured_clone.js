// structuredClone, as the HTML standard has it: a value is read whole into records, then made anew from them.
//
// The engine's own walks the engine's lists while getters of the script run. Here a Map or Set is copied before any of
// its members is read. What kind of object a value is, the engine says by its class; nobody else is asked, and nothing
// a script can replace is called.
(function (lib) {
  "use strict";
  const {
    isArrayBuffer, isBoxedPrimitive, isDataView, isDate, isGeneratorObject, isMap, isMapIterator,
    isModuleNamespaceObject, isNativeError, isPromise, isProxy, isRegExp, isSet, isSetIterator, isSharedArrayBuffer,
    isSymbolObject, isTypedArray, isWeakMap, isWeakSet,
  } = lib.core;
  const { DOMException } = lib.globals;
  const { apply, getOwnPropertyDescriptor } = Reflect;
  const { defineProperty, getPrototypeOf, hasOwn, keys } = Object;
  const { isArray } = Array;
  const [RealMap, RealSet, RealDate, RealRegExp, RealObject, RealArrayBuffer, RealDataView] = [Map, Set, Date, RegExp, Object, ArrayBuffer, DataView];
  const RealTypeError = TypeError;
  const [toText, list] = [String, Array];
  const method = (of, name) => {
    const callee = of.prototype[name];
    return (value, ...args) => apply(callee, value, args);
  };
  const reader = (of, name) => {
    const { get } = getOwnPropertyDescriptor(of, name);
    return (value) => apply(get, value, []);
  };

  const mapGet = method(Map, "get"), mapSet = method(Map, "set"), mapEach = method(Map, "forEach");
  const setAdd = method(Set, "add"), setEach = method(Set, "forEach");
  const timeOf = method(Date, "getTime");
  const sliceOf = method(ArrayBuffer, "slice"), transferOf = method(ArrayBuffer, "transfer");
  const [isDetached, isResizable, lengthOf, mostOf] = ["detached", "resizable", "byteLength", "maxByteLength"].map((name) => reader(ArrayBuffer.prototype, name));
  const TypedArray = getPrototypeOf(Uint8Array);
  const [arrayBuffer, arrayOffset, arrayLength, arrayBytes, arrayName] = ["buffer", "byteOffset", "length", "byteLength", Symbol.toStringTag].map((name) => reader(TypedArray.prototype, name));
  const [viewBuffer, viewOffset, viewLength] = ["buffer", "byteOffset", "byteLength"].map((name) => reader(DataView.prototype, name));
  const putBytes = method(TypedArray, "set");
  const Bytes = Uint8Array;
  const sourceOf = reader(RegExp.prototype, "source");
  const FLAGS = { d: "hasIndices", g: "global", i: "ignoreCase", m: "multiline", s: "dotAll", u: "unicode", v: "unicodeSets", y: "sticky" };
  const flagReaders = keys(FLAGS).map((letter) => ({ letter, isSet: reader(RegExp.prototype, FLAGS[letter]) }));
  const ERRORS = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const ARRAYS = {
    __proto__: null,
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array,
    BigUint64Array, Float16Array, Float32Array, Float64Array,
  };
  const PRIMITIVES = [Boolean, Number, String, BigInt].map((of) => method(of, "valueOf"));
  const stackOf = getOwnPropertyDescriptor(new Error(), "stack")?.get;
  const iteratorKey = Symbol.iterator;
  // What Deno marks its platform objects with.
  const { brand } = lib.core.loadExtScript("ext:deno_webidl/00_webidl.js");
  const { hostObjectBrand } = lib.core;
  const [exceptionName, exceptionMessage] = ["name", "message"].map((name) => reader(DOMException.prototype, name));
  const arrayKeys = method(TypedArray, "keys");

  // Of the host's own classes, each knows its objects; see `lib.platform`.
  const kinds = [...lib.platform];

  function refuse(what) {
    throw new DOMException(`${what} could not be cloned.`, "DataCloneError");
  }
  // Lists without a prototype, on which no setter of a script lies.
  const newList = () => ({ __proto__: null, length: 0 });
  function push(to, value) {
    to[to.length++] = value;
  }
  function put(object, key, value) {
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }
  function hide(object, key, value) {
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  }
  // The value of an own property that is no accessor.
  function plain(object, key) {
    const found = getOwnPropertyDescriptor(object, key);
    return found !== undefined && hasOwn(found, "value") ? found : undefined;
  }
  function isOutOfBounds(ask, view) {
    try {
      ask(view);
      return false;
    } catch {
      return true;
    }
  }
  // What no property shows and no copy could have.
  const isOpaque = (value) =>
    isProxy(value) || isPromise(value) || isWeakMap(value) || isWeakSet(value) || isMapIterator(value) ||
    isSetIterator(value) || isGeneratorObject(value) || isModuleNamespaceObject(value) || isSymbolObject(value) ||
    isSharedArrayBuffer(value) || hasOwn(value, brand);
  function unboxed(value) {
    for (let at = 0; at < PRIMITIVES.length; at++) {
      try {
        return PRIMITIVES[at](value);
      } catch {
        // It is one of the others.
      }
    }
    return refuse("#<Object>");
  }

  // Reads a value into a record: `copy` makes the value's like, `fill` gives it its members from their records.
  function read(value, known) {
    if (typeof value === "symbol") return refuse("Symbol");
    if (typeof value === "function") return refuse("A function");
    if (typeof value !== "object" || value === null) return { __proto__: null, made: true, copy: value, fill: undefined };
    const before = mapGet(known, value);
    if (before !== undefined) return before;
    const record = { __proto__: null, made: false, copy: undefined, fill: undefined };
    mapSet(known, value, record);
    describe(value, record, known);
    return record;
  }
  function describe(value, record, known) {
    const platform = isProxy(value) ? undefined : platformCopy(value);
    if (platform !== undefined) {
      record.copy = platform;
    } else if (isDate(value)) {
      const time = timeOf(value);
      record.copy = () => new RealDate(time);
    } else if (isRegExp(value)) {
      const source = sourceOf(value);
      let flags = "";
      for (let at = 0; at < flagReaders.length; at++) if (flagReaders[at].isSet(value)) flags += flagReaders[at].letter;
      record.copy = () => new RealRegExp(source, flags);
    } else if (isArrayBuffer(value)) {
      readBuffer(value, record);
    } else if (isTypedArray(value)) {
      if (isOutOfBounds(arrayKeys, value)) refuse("A view outside of its buffer");
      const [buffer, offset, name] = [read(arrayBuffer(value), known), arrayOffset(value), arrayName(value)];
      const length = endsWithBuffer(arrayBuffer(value), offset + arrayBytes(value), ARRAYS[name].BYTES_PER_ELEMENT) ? undefined : arrayLength(value);
      record.copy = () => new ARRAYS[name](made(buffer), offset, length);
    } else if (isDataView(value)) {
      if (isOutOfBounds(viewLength, value)) refuse("A view outside of its buffer");
      const [buffer, offset, bytes] = [read(viewBuffer(value), known), viewOffset(value), viewLength(value)];
      const length = endsWithBuffer(viewBuffer(value), offset + bytes, 1) ? undefined : bytes;
      record.copy = () => new RealDataView(made(buffer), offset, length);
    } else if (isMap(value)) {
      const found = newList();
      mapEach(value, (member, key) => {
        push(found, key);
        push(found, member);
      });
      readMembers(found, known);
      record.copy = () => new RealMap();
      record.fill = (map) => {
        for (let at = 0; at < found.length; at += 2) mapSet(map, made(found[at]), made(found[at + 1]));
      };
    } else if (isSet(value)) {
      const found = newList();
      setEach(value, (member) => push(found, member));
      readMembers(found, known);
      record.copy = () => new RealSet();
      record.fill = (set) => {
        for (let at = 0; at < found.length; at++) setAdd(set, made(found[at]));
      };
    } else if (isNativeError(value)) {
      readError(value, record, known);
    } else if (isOpaque(value)) {
      refuse("#<Object>");
    } else if (isBoxedPrimitive(value)) {
      const inner = unboxed(value);
      record.copy = () => RealObject(inner);
    } else {
      const length = isArray(value) ? value.length : undefined;
      record.copy = length === undefined ? () => ({}) : () => list(length);
      readProperties(value, record, known);
    }
  }
  function readMembers(found, known) {
    for (let at = 0; at < found.length; at++) found[at] = read(found[at], known);
  }
  function readProperties(value, record, known) {
    const names = keys(value);
    const found = newList();
    for (let at = 0; at < names.length; at++) {
      if (!hasOwn(value, names[at])) continue;
      push(found, names[at]);
      push(found, read(value[names[at]], known));
    }
    record.fill = (copy) => {
      for (let at = 0; at < found.length; at += 2) put(copy, found[at], made(found[at + 1]));
    };
  }
  function readBuffer(value, record) {
    if (isDetached(value)) refuse("An ArrayBuffer is detached and");
    if (!isResizable(value)) {
      const bytes = sliceOf(value, 0);
      record.copy = () => bytes;
      return;
    }
    const bytes = new RealArrayBuffer(lengthOf(value), { __proto__: null, maxByteLength: mostOf(value) });
    putBytes(new Bytes(bytes), new Bytes(value));
    record.copy = () => bytes;
  }
  // Whether a view is taken for one that grows with its buffer; nothing tells those from the ones that end there by chance.
  function endsWithBuffer(buffer, end, unit) {
    return isResizable(buffer) && end > lengthOf(buffer) - unit && end > 0;
  }
  // A function that makes the like of an object of the host's, where a script may have one.
  function platformCopy(value) {
    for (let at = 0; at < kinds.length; at++) {
      const copy = kinds[at](value);
      if (copy === null) refuse("A platform object");
      if (copy !== undefined) return copy;
    }
    if (!isNativeError(value) || !hasOwn(value, hostObjectBrand)) return undefined;
    const [name, message] = [exceptionName(value), exceptionMessage(value)];
    return () => new DOMException(message, name);
  }
  function readError(value, record, known) {
    const name = toText(value.name);
    const message = plain(value, "message");
    const text = message === undefined ? undefined : toText(message.value);
    const cause = plain(value, "cause");
    const inner = cause === undefined ? undefined : read(cause.value, known);
    const trace = getOwnPropertyDescriptor(value, "stack");
    const stack = trace === undefined ? undefined : trace.get === stackOf && stackOf !== undefined ? apply(stackOf, value, []) : trace.value;
    record.copy = () => {
      const copy = new (ERRORS[name] ?? ERRORS.Error)();
      if (text !== undefined) hide(copy, "message", text);
      if (typeof stack === "string") hide(copy, "stack", stack);
      return copy;
    };
    record.fill = (copy) => {
      if (inner !== undefined) hide(copy, "cause", made(inner));
    };
  }

  // The value of a record, made at its first use.
  function made(record) {
    if (!record.made) {
      record.made = true;
      record.copy = record.copy();
      record.fill?.(record.copy);
    }
    return record.copy;
  }

  // The buffers that move: while the value is read, their records stand for what they will be.
  function readMoved(given, known) {
    const moved = newList();
    if (given === undefined) return moved;
    if (given === null || (typeof given !== "object" && typeof given !== "function")) throw new RealTypeError("transfer is a list of objects");
    for (const value of { [iteratorKey]: () => apply(given[iteratorKey], given, []) }) {
      if (!isArrayBuffer(value)) refuse("A value of the transfer list");
      if (mapGet(known, value) !== undefined) refuse("An ArrayBuffer occurs twice in the transfer list and");
      const record = { __proto__: null, made: true, copy: undefined, fill: undefined };
      mapSet(known, value, record);
      push(moved, value);
      push(moved, record);
    }
    return moved;
  }

  function structuredClone(value, options = undefined) {
    if (arguments.length === 0) throw new RealTypeError("structuredClone needs a value");
    if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
      throw new RealTypeError("the options of structuredClone are an object");
    }
    const known = new RealMap();
    const moved = readMoved(options?.transfer, known);
    const record = read(value, known);
    for (let at = 0; at < moved.length; at += 2) {
      if (isDetached(moved[at])) refuse("An ArrayBuffer is detached and");
    }
    for (let at = 0; at < moved.length; at += 2) moved[at + 1].copy = transferOf(moved[at]);
    return made(record);
  }
  lib.globals.structuredClone = structuredClone;
})
