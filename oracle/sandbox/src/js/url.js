// URL and URLSearchParams; parsing itself is the host's.
(function (lib) {
  "use strict";
  const { op_url_parse, op_url_set } = lib.host;

  const SAFE = /^[A-Za-z0-9*\-._]$/;
  function encodeForm(text) {
    const parts = [];
    for (const byte of lib.encodeUtf8(text.toWellFormed())) {
      const char = String.fromCharCode(byte);
      if (byte === 0x20) parts.push("+");
      else if (SAFE.test(char)) parts.push(char);
      else parts.push("%" + byte.toString(16).toUpperCase().padStart(2, "0"));
    }
    return parts.join("");
  }
  function decodeForm(text) {
    const source = lib.encodeUtf8(text.replaceAll("+", " "));
    const bytes = new Uint8Array(source.length);
    let length = 0;
    for (let at = 0; at < source.length; at++) {
      const pair = source[at] === 0x25 ? String.fromCharCode(source[at + 1] ?? 0, source[at + 2] ?? 0) : "";
      if (/^[0-9A-Fa-f]{2}$/.test(pair)) {
        bytes[length++] = parseInt(pair, 16);
        at += 2;
      } else {
        bytes[length++] = source[at];
      }
    }
    return lib.decodeUtf8(bytes.subarray(0, length));
  }

  let bind;
  class URLSearchParams {
    #list = [];
    #changed = () => {};
    static {
      bind = (params, changed) => {
        params.#changed = changed;
      };
    }
    constructor(init = "") {
      if (typeof init === "object" && init !== null) {
        if (typeof init[Symbol.iterator] === "function") {
          for (const pair of init) {
            const [name, value, ...rest] = pair;
            if (value === undefined || rest.length > 0) {
              throw new TypeError("each entry of a list of parameters is a pair");
            }
            this.#list.push([`${name}`, `${value}`]);
          }
        } else {
          for (const name of Object.keys(init)) this.#list.push([name, `${init[name]}`]);
        }
      } else {
        this.#parse(`${init}`);
      }
    }
    #parse(text) {
      this.#list = [];
      for (const part of (text.startsWith("?") ? text.slice(1) : text).split("&")) {
        if (part === "") continue;
        const at = part.indexOf("=");
        const name = at < 0 ? part : part.slice(0, at);
        this.#list.push([decodeForm(name), decodeForm(at < 0 ? "" : part.slice(at + 1))]);
      }
    }
    get size() {
      return this.#list.length;
    }
    append(name, value) {
      this.#list.push([`${name}`, `${value}`]);
      this.#changed();
    }
    delete(name, value) {
      this.#list = this.#list.filter(([n, v]) => n !== `${name}` || (value !== undefined && v !== `${value}`));
      this.#changed();
    }
    get(name) {
      return this.#list.find(([n]) => n === `${name}`)?.[1] ?? null;
    }
    getAll(name) {
      return this.#list.filter(([n]) => n === `${name}`).map(([, value]) => value);
    }
    has(name, value) {
      return this.#list.some(([n, v]) => n === `${name}` && (value === undefined || v === `${value}`));
    }
    set(name, value) {
      const at = this.#list.findIndex(([n]) => n === `${name}`);
      if (at < 0) {
        this.#list.push([`${name}`, `${value}`]);
      } else {
        this.#list[at][1] = `${value}`;
        this.#list = this.#list.filter(([n], index) => index <= at || n !== `${name}`);
      }
      this.#changed();
    }
    sort() {
      this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    forEach(callback, self) {
      for (const [name, value] of this.#list) callback.call(self, value, name, this);
    }
    *entries() {
      for (const [name, value] of this.#list) yield [name, value];
    }
    *keys() {
      for (const [name] of this.#list) yield name;
    }
    *values() {
      for (const [, value] of this.#list) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    toString() {
      return this.#list.map(([name, value]) => `${encodeForm(name)}=${encodeForm(value)}`).join("&");
    }
    get [Symbol.toStringTag]() {
      return "URLSearchParams";
    }
  }

  const PARTS = [
    "href", "protocol", "username", "password", "hostname", "port", "pathname", "search", "hash", "origin",
  ];
  class URL {
    #parts;
    #params = null;
    constructor(url, base) {
      const text = op_url_parse(`${url}`, base === undefined ? undefined : `${base}`);
      if (text === "") throw new TypeError(`Invalid URL: '${url}'`);
      this.#take(text);
    }
    #take(text) {
      const values = text.split("\n");
      this.#parts = {};
      PARTS.forEach((name, at) => {
        this.#parts[name] = values[at];
      });
    }
    #set(part, value) {
      this.#take(op_url_set(this.#parts.href, part, `${value}`));
      if (part === "search") this.#params = null;
    }
    static canParse(url, base) {
      return op_url_parse(`${url}`, base === undefined ? undefined : `${base}`) !== "";
    }
    static parse(url, base) {
      return URL.canParse(url, base) ? new URL(url, base) : null;
    }
    get href() {
      return this.#parts.href;
    }
    set href(value) {
      const text = op_url_parse(`${value}`, undefined);
      if (text === "") throw new TypeError(`Invalid URL: '${value}'`);
      this.#take(text);
      this.#params = null;
    }
    get origin() {
      return this.#parts.origin;
    }
    get host() {
      return this.#parts.port === "" ? this.#parts.hostname : `${this.#parts.hostname}:${this.#parts.port}`;
    }
    set host(value) {
      this.#set("host", value);
    }
    get searchParams() {
      if (this.#params === null) {
        const params = new URLSearchParams(this.#parts.search);
        bind(params, () => {
          this.#take(op_url_set(this.#parts.href, "search", params.toString()));
        });
        this.#params = params;
      }
      return this.#params;
    }
    toString() {
      return this.#parts.href;
    }
    toJSON() {
      return this.#parts.href;
    }
    get [Symbol.toStringTag]() {
      return "URL";
    }
    static {
      for (const part of ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"]) {
        Object.defineProperty(URL.prototype, part, {
          configurable: true,
          enumerable: true,
          get() {
            return this.#parts[part];
          },
          set(value) {
            this.#set(part, value);
          },
        });
      }
    }
  }
  Object.assign(lib.globals, { URL, URLSearchParams });
})
