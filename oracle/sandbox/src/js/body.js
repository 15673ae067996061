// What requests and responses are made of: headers, blobs, forms, bodies.
(function (lib) {
  "use strict";
  const { parse } = JSON;
  const { buffer: bufferOf, bytes: bytesIn } = lib.view;
  const bufferLength = lib.reader(ArrayBuffer.prototype, "byteLength");
  const slice = lib.method(Uint8Array.prototype, "slice");
  const sliceText = lib.method(String.prototype, "slice");

  const { apply } = Reflect;
  const { push } = Array.prototype;
  const INSPECT = Symbol.for("Deno.privateCustomInspect");
  const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  class Headers {
    #map = new Map();
    static {
      lib.platform.push((value) => (#map in value ? null : undefined));
    }
    constructor(init) {
      if (init === undefined || init === null) return;
      if (typeof init !== "object") throw new TypeError("headers are an object or a list of pairs");
      const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const pair of pairs) {
        const entry = [...pair];
        if (entry.length !== 2) throw new TypeError("each entry of a list of headers is a pair");
        this.append(entry[0], entry[1]);
      }
    }
    #check(name, value) {
      const key = `${name}`.toLowerCase();
      if (!NAME.test(key)) throw new TypeError(`Invalid header name: "${key}"`);
      const text = `${value}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
      if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw new TypeError("Invalid header value");
      return [key, text];
    }
    append(name, value) {
      const [key, text] = this.#check(name, value);
      const before = this.#map.get(key);
      if (before === undefined) this.#map.set(key, [text]);
      else apply(push, before, [text]);
    }
    set(name, value) {
      const [key, text] = this.#check(name, value);
      this.#map.set(key, [text]);
    }
    get(name) {
      return this.#map.get(`${name}`.toLowerCase())?.join(", ") ?? null;
    }
    has(name) {
      return this.#map.has(`${name}`.toLowerCase());
    }
    delete(name) {
      this.#map.delete(`${name}`.toLowerCase());
    }
    getSetCookie() {
      return [...(this.#map.get("set-cookie") ?? [])];
    }
    forEach(callback, self) {
      for (const [name, value] of this) callback.call(self, value, name, this);
    }
    *entries() {
      for (const name of [...this.#map.keys()].sort()) {
        if (name === "set-cookie") for (const value of this.#map.get(name)) yield [name, value];
        else yield [name, this.#map.get(name).join(", ")];
      }
    }
    *keys() {
      for (const [name] of this.entries()) yield name;
    }
    *values() {
      for (const [, value] of this.entries()) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    get [Symbol.toStringTag]() {
      return "Headers";
    }
    [INSPECT](inspect, options) {
      return `Headers ${inspect(Object.fromEntries(this), options)}`;
    }
  }

  let share;
  class Blob {
    #bytes;
    #type;
    static {
      // Bytes never change, so a copy shares them.
      share = (from, to) => {
        to.#bytes = from.#bytes;
        to.#type = from.#type;
        return to;
      };
      lib.platform.push((value) => (#bytes in value ? () => share(value, new Blob()) : undefined));
    }
    constructor(parts = [], options = {}) {
      const chunks = Array.from(parts, (part) =>
        part instanceof Blob ? part.#bytes : typeof part === "object" && part !== null ? lib.bytesOf(part) : lib.encodeUtf8(`${part}`));
      this.#bytes = join(chunks);
      this.#type = `${options?.type ?? ""}`.toLowerCase();
    }
    static bytesOf(blob) {
      return blob.#bytes;
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    slice(start, end, type) {
      return new Blob([this.#bytes.slice(start, end)], { type });
    }
    async text() {
      return lib.decodeUtf8(this.#bytes);
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async bytes() {
      return this.#bytes.slice();
    }
    stream() {
      return lib.streamOf(this.#bytes.slice());
    }
  }
  class File extends Blob {
    #name;
    #lastModified;
    static {
      // Before Blob, which a File is as well.
      lib.platform.unshift((value) => {
        if (!(#name in value)) return undefined;
        const [name, lastModified] = [value.#name, value.#lastModified];
        return () => share(value, new File([], name, { __proto__: null, lastModified }));
      });
    }
    constructor(parts, name, options = {}) {
      super(parts, options);
      this.#name = `${name}`;
      this.#lastModified = Number(options?.lastModified ?? lib.host.op_now(true));
    }
    get name() {
      return this.#name;
    }
    get lastModified() {
      return this.#lastModified;
    }
  }
  function join(chunks) {
    const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  class FormData {
    // Entries in order, by number; and the numbers of each name.
    #entries = new Map();
    #numbers = new Map();
    #last = 0;
    static {
      lib.platform.push((value) => (#entries in value ? null : undefined));
    }
    #entry(name, value, filename) {
      if (!(value instanceof Blob)) return [`${name}`, `${value}`];
      const file = value instanceof File ? filename ?? value.name : filename ?? "blob";
      return [`${name}`, new File([value], file, { type: value.type })];
    }
    #add(entry) {
      const number = this.#last++;
      this.#entries.set(number, entry);
      const before = this.#numbers.get(entry[0]);
      if (before === undefined) this.#numbers.set(entry[0], [number]);
      else apply(push, before, [number]);
    }
    append(name, value, filename) {
      this.#add(this.#entry(name, value, filename));
    }
    set(name, value, filename) {
      const entry = this.#entry(name, value, filename);
      const before = this.#numbers.get(entry[0]);
      if (before === undefined) {
        this.#add(entry);
        return;
      }
      this.#entries.set(before[0], entry);
      for (let at = 1; at < before.length; at++) this.#entries.delete(before[at]);
      before.length = 1;
    }
    get(name) {
      const numbers = this.#numbers.get(`${name}`);
      return numbers === undefined ? null : this.#entries.get(numbers[0])[1];
    }
    getAll(name) {
      return (this.#numbers.get(`${name}`) ?? []).map((number) => this.#entries.get(number)[1]);
    }
    has(name) {
      return this.#numbers.has(`${name}`);
    }
    delete(name) {
      const numbers = this.#numbers.get(`${name}`) ?? [];
      for (let at = 0; at < numbers.length; at++) this.#entries.delete(numbers[at]);
      this.#numbers.delete(`${name}`);
    }
    forEach(callback, self) {
      for (const [name, value] of this) callback.call(self, value, name, this);
    }
    *entries() {
      for (const [name, value] of this.#entries.values()) yield [name, value];
    }
    *keys() {
      for (const [name] of this.entries()) yield name;
    }
    *values() {
      for (const [, value] of this.entries()) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    get [Symbol.toStringTag]() {
      return "FormData";
    }
  }

  // Bytes (or a stream of them) and content type of anything fetch accepts as a body.
  lib.extractBody = function extractBody(value) {
    if (value === undefined || value === null) return { bytes: null, type: null };
    if (value instanceof lib.globals.ReadableStream) return { bytes: null, stream: value, type: null };
    if (value instanceof lib.globals.URLSearchParams) {
      return { bytes: lib.encodeUtf8(value.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    }
    if (value instanceof Blob) return { bytes: Blob.bytesOf(value).slice(), type: value.type || null };
    if (value instanceof FormData) return multipart(value);
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { bytes: lib.bytesOf(value).slice(), type: null };
    return { bytes: lib.encodeUtf8(`${value}`), type: "text/plain;charset=UTF-8" };
  };
  function multipart(form) {
    const boundary = "----functionsFormBoundary7c1d3f";
    const quote = (text) => text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
    const parts = [];
    for (const [name, value] of form) {
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"`;
      if (typeof value === "string") {
        parts.push(lib.encodeUtf8(`${head}\r\n\r\n${value.replace(/\r?\n|\r/g, "\r\n")}\r\n`));
      } else {
        const type = value.type || "application/octet-stream";
        parts.push(lib.encodeUtf8(`${head}; filename="${quote(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
        parts.push(Blob.bytesOf(value), lib.encodeUtf8("\r\n"));
      }
    }
    parts.push(lib.encodeUtf8(`--${boundary}--\r\n`));
    return { bytes: join(parts), type: `multipart/form-data; boundary=${boundary}` };
  }

  // The reading half that Request and Response share.
  lib.Body = class Body {
    #content;
    #stream = null;
    #used = false;
    static {
      lib.platform.push((value) => (#content in value ? null : undefined));
    }
    constructor(content) {
      this.#content = content;
    }
    get body() {
      if (this.#content.bytes === null && !this.#content.stream) return null;
      if (this.#stream === null) {
        this.#stream = this.#content.stream ?? lib.streamOf(this.#content.bytes);
        this.#content = { ...this.#content, bytes: null, stream: this.#stream };
      }
      return this.#stream;
    }
    get bodyUsed() {
      return this.#used || Boolean(this.#stream?.locked);
    }
    static contentOf(body) {
      if (body.bodyUsed) throw new TypeError("Body already consumed.");
      return body.#content;
    }
    // The content for a second body with the same bytes.
    static cloned(body) {
      const content = Body.contentOf(body);
      if (!content.stream) return { ...content, bytes: content.bytes === null ? null : content.bytes.slice() };
      const [own, other] = content.stream.tee();
      body.#stream = own;
      body.#content = { ...content, stream: own };
      return { ...content, stream: other };
    }
    async bytes() {
      if (this.bodyUsed) throw new TypeError("Body already consumed.");
      this.#used = this.#content.bytes !== null || Boolean(this.#content.stream);
      if (this.#content.bytes !== null) return this.#content.bytes;
      if (!this.#content.stream) return new Uint8Array(0);
      const chunks = [];
      for await (const chunk of this.#content.stream) chunks.push(lib.bytesOf(chunk));
      return join(chunks);
    }
    async arrayBuffer() {
      const bytes = await this.bytes();
      const buffer = bufferOf(bytes);
      return bytesIn(bytes) === bufferLength(buffer) ? buffer : bufferOf(slice(bytes));
    }
    async text() {
      const text = lib.decodeUtf8(await this.bytes());
      return text[0] === "\ufeff" ? sliceText(text, 1) : text;
    }
    async json() {
      return parse(await this.text());
    }
    async blob() {
      return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" });
    }
  };
  Object.assign(lib.globals, { Headers, Blob, File, FormData });
})
