// Request, Response, fetch. The exchange itself happens in the runner, outside this process.
(function (lib) {
  "use strict";
  const { op_http_send, op_http_abort } = lib.host;
  const { Headers, URL, AbortController } = lib.globals;
  const { Body } = lib;
  const toWellFormed = lib.method(String.prototype, "toWellFormed");

  const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
  const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];
  function normalizeMethod(method) {
    const text = `${method}`;
    const upper = text.toUpperCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)) throw new TypeError(`Invalid method: '${text}'`);
    if (FORBIDDEN.includes(upper)) throw new TypeError(`Method is forbidden: '${text}'`);
    return NORMALIZED.includes(upper) ? upper : text;
  }

  class Request extends Body {
    #url;
    #method;
    #headers;
    #signal;
    #redirect;
    constructor(input, init = {}, content = undefined) {
      const from = input instanceof Request ? input : null;
      const method = normalizeMethod(init?.method ?? from?.method ?? "GET");
      const given = init?.body ?? undefined;
      content ??= given === undefined && from ? Body.contentOf(from) : lib.extractBody(given);
      if ((method === "GET" || method === "HEAD") && (content.bytes !== null || content.stream)) {
        throw new TypeError("Request with GET/HEAD method cannot have body.");
      }
      super(content);
      this.#url = from ? from.url : init[RAW] ? toWellFormed(`${input}`) : new URL(input).href;
      this.#method = method;
      this.#headers = new Headers(init?.headers ?? from?.headers);
      if (content.type && !this.#headers.has("content-type")) this.#headers.set("content-type", content.type);
      this.#signal = init?.signal ?? from?.signal ?? new AbortController().signal;
      this.#redirect = init?.redirect ?? from?.redirect ?? "follow";
    }
    get url() {
      return this.#url;
    }
    get method() {
      return this.#method;
    }
    get headers() {
      return this.#headers;
    }
    get signal() {
      return this.#signal;
    }
    get redirect() {
      return this.#redirect;
    }
    clone() {
      return new Request(this, {}, Body.cloned(this));
    }
  }
  const RAW = Symbol("raw");

  const NO_BODY = [101, 103, 204, 205, 304];
  const REDIRECTS = [301, 302, 303, 307, 308];
  // What a script may put into a response; what servers send is taken as it comes.
  function givenContent(body, init) {
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(`${init?.statusText ?? ""}`)) throw new TypeError("Invalid status text");
    const content = lib.extractBody(body);
    if (content.bytes === null && !content.stream) return content;
    if (NO_BODY.includes(init?.status)) throw new TypeError("Response with null body status cannot have body");
    return content;
  }
  let fromHost;
  class Response extends Body {
    #status;
    #statusText;
    #headers;
    #url = "";
    #redirected = false;
    #type = "default";
    static {
      fromHost = (content, init, url, redirected) => {
        const response = new Response(null, init, content);
        response.#url = url;
        response.#redirected = redirected;
        response.#type = "basic";
        return response;
      };
    }
    constructor(body = null, init = {}, content = givenContent(body, init)) {
      super(content);
      const status = init?.status ?? 200;
      if (!Number.isInteger(status) || status < 200 || status > 599) {
        throw new RangeError(`The status provided (${status}) is not equal to 101 and outside the range [200, 599].`);
      }
      this.#status = status;
      this.#statusText = `${init?.statusText ?? ""}`;
      this.#headers = new Headers(init?.headers);
      if (content.type && !this.#headers.has("content-type")) this.#headers.set("content-type", content.type);
    }
    static json(data, init = {}) {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError("The data is not JSON serializable");
      const headers = new Headers(init?.headers);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      return new Response(text, { ...init, headers });
    }
    static redirect(url, status = 302) {
      const location = new URL(url).href;
      if (!REDIRECTS.includes(status)) throw new RangeError(`Invalid redirect status code: ${status}`);
      return new Response(null, { status, headers: { location } });
    }
    static error() {
      const response = new Response();
      response.#type = "error";
      response.#status = 0;
      return response;
    }
    get status() {
      return this.#status;
    }
    get statusText() {
      return this.#statusText;
    }
    get ok() {
      return this.#status >= 200 && this.#status < 300;
    }
    get headers() {
      return this.#headers;
    }
    get url() {
      return this.#url;
    }
    get redirected() {
      return this.#redirected;
    }
    get type() {
      return this.#type;
    }
    clone() {
      const init = { status: this.#status, statusText: this.#statusText, headers: this.#headers };
      const copy = fromHost(Body.cloned(this), init, this.#url, this.#redirected);
      copy.#type = this.#type;
      return copy;
    }
    get [Symbol.toStringTag]() {
      return "Response";
    }
    [Symbol.for("Deno.privateCustomInspect")](inspect, options) {
      const { bodyUsed, headers, ok, redirected, status, statusText, url } = this;
      return `Response ${inspect({ bodyUsed, headers, ok, redirected, status, statusText, url }, options)}`;
    }
  }

  const [read, write, remove] = ["get", "set", "delete"].map((name) => lib.method(Map.prototype, name));
  const waiting = new Map();
  lib.deliver = function deliver(id, status, statusText, url, redirected, headerLines, buffer) {
    const exchange = read(waiting, id);
    if (exchange === undefined) return;
    remove(waiting, id);
    const headers = new Headers();
    const lines = headerLines === "" ? [] : headerLines.split("\n");
    for (let at = 0; at + 1 < lines.length; at += 2) {
      try {
        headers.append(lines[at], lines[at + 1]);
      } catch {
        // A header that fetch could not represent is not shown.
      }
    }
    const empty = exchange.head || NO_BODY.includes(status);
    const content = { bytes: empty ? null : new Uint8Array(buffer), type: null };
    exchange.resolve(fromHost(content, { status, statusText, headers }, url, redirected));
  };

  function perform(request, bytes) {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const lines = [];
      for (const [name, value] of request.headers) lines.push(name, value);
      const body = bytes ?? new Uint8Array(0);
      const follow = request.redirect === "follow";
      const id = op_http_send(request.method, request.url, lines.join("\n"), body, bytes !== null, follow);
      const onAbort = () => {
        if (!remove(waiting, id)) return;
        op_http_abort(id);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      write(waiting, id, {
        head: request.method === "HEAD",
        resolve(response) {
          signal.removeEventListener("abort", onAbort);
          if (request.redirect === "error" && response.status >= 300 && response.status < 400) {
            reject(new TypeError("a redirect was refused"));
          } else {
            resolve(response);
          }
        },
      });
    });
  }

  async function start(input, init) {
    const raw = typeof input === "string" || input instanceof URL;
    const request = new Request(input, raw ? { ...init, [RAW]: true } : init);
    const content = Body.contentOf(request);
    // Awaited, for returning a promise calls its `then`, which is the script's to replace.
    return await perform(request, content.stream ? await request.bytes() : content.bytes);
  }
  lib.fetch = function fetch(input, init = {}) {
    if (typeof input !== "string" && !(input instanceof URL) && !(input instanceof Request)) {
      throw new Error("fetch only accepts string, URL or Request object");
    }
    return start(input, init ?? {});
  };
  Object.assign(lib.globals, { Request, Response, fetch: lib.fetch });
})
