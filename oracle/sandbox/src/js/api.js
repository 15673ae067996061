// The Functions object.
//
// Upstream: `@chainlink/functions-toolkit` 0.3.2, the sandbox's Functions module.
(function (lib) {
  "use strict";
  const { fetch } = lib;
  // What the script may replace later.
  const { isInteger } = Number;
  const { stringify } = JSON;
  const { fromEntries } = Object;
  const { URLSearchParams, AbortController } = lib.globals;

  async function makeHttpRequest({
    url,
    method = "get",
    params,
    headers,
    data,
    timeout = 3000,
    responseType = "json",
  }) {
    const controller = new AbortController();
    let timer;
    try {
      const target = params ? `${url}?${new URLSearchParams(params)}` : url;
      const body = data ? stringify(data) : undefined;
      timer = lib.setLimit(() => controller.abort(), timeout);
      const response = await fetch(target, { method, headers, body, signal: controller.signal });
      lib.clearTimer(timer);
      if (response.status >= 400) {
        return { error: true, message: response.statusText, code: `${response.status}`, response };
      }
      return {
        error: false,
        status: response.status,
        statusText: response.statusText,
        headers: fromEntries(response.headers.entries()),
        data: await read(response, responseType),
      };
    } catch (exception) {
      return { error: true, message: String(exception) };
    } finally {
      lib.clearTimer(timer);
    }
  }
  function read(response, responseType) {
    switch (responseType) {
      case "json":
        return response.json();
      case "arraybuffer":
        return response.arrayBuffer();
      case "text":
      case "document":
        return response.text();
      case "stream":
        return response.body;
      default:
        throw new Error("invalid response type");
    }
  }

  const MODULUS = 1n << 256n;
  const HALF = 1n << 255n;
  function word(value) {
    const bytes = new Uint8Array(32);
    let rest = value < 0n ? value + MODULUS : value;
    for (let at = 31; rest > 0n; at--) {
      bytes[at] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return bytes;
  }
  const refusal = (name) => (why) => new Error(`input into Functions.${name} ${why}`);
  function integer(value, refuse) {
    if (typeof value !== "number" && typeof value !== "bigint") throw refuse("is not a number or bigint");
    if (typeof value === "number" && !isInteger(value)) throw refuse("is not an integer");
    return BigInt(value);
  }
  function encodeUint256(value) {
    const refuse = refusal("encodeUint256");
    const number = integer(value, refuse);
    if (number < 0n) throw refuse("is negative");
    if (number >= MODULUS) throw refuse("is too large");
    return word(number);
  }
  function encodeInt256(value) {
    const refuse = refusal("encodeInt256");
    const number = integer(value, refuse);
    if (number < -HALF) throw refuse("is too small");
    if (number >= HALF) throw refuse("is too large");
    return word(number);
  }
  function encodeString(value) {
    return lib.encodeUtf8(value === undefined ? "" : `${value}`);
  }
  lib.globals.Functions = { makeHttpRequest, encodeUint256, encodeInt256, encodeString };
})
