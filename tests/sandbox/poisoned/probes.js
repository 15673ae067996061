// Replaces one thing of the realm, then uses everything the host offers. args: site, which of the things (-1: none), how.
//
// Answers "COUNT|NAME|probe=value;…" . It uses syntax and what it kept before alone, so that a value that differs is the host's.
const [site, which, how] = [args[0], +args[1], args[2]];
const { encodeString } = Functions;
const { ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect;
const RealPromise = Promise;
const Bytes = Uint8Array;
const isSymbol = (key) => typeof key === "symbol";
const text = String;

// What can be replaced: functions under global names, on constructors and namespaces, and on prototypes.
const things = [];
let count = 0;
function collect(holder, label) {
  const keys = ownKeys(holder);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at];
    const found = getOwnPropertyDescriptor(holder, key);
    if (!found.configurable || (typeof found.value !== "function" && found.get === undefined)) continue;
    things[count++] = { holder, key, found, name: `${label}${isSymbol(key) ? text(key) : key}` };
  }
}
collect(globalThis, "");
const names = ownKeys(globalThis);
for (let at = 0; at < names.length; at++) {
  const name = names[at];
  const value = getOwnPropertyDescriptor(globalThis, name).value;
  if (isSymbol(name) || value === globalThis || value === null) continue;
  if (typeof value !== "object" && typeof value !== "function") continue;
  collect(value, `${name}.`);
  if (typeof value === "function" && typeof value.prototype === "object") collect(value.prototype, `${name}#`);
}
collect(getPrototypeOf([][Symbol.iterator]()), "ArrayIterator#");
collect(getPrototypeOf(getPrototypeOf([][Symbol.iterator]())), "Iterator#");
collect(getPrototypeOf(new Map().entries()), "MapIterator#");
collect(getPrototypeOf(Bytes), "TypedArray.");
collect(getPrototypeOf(Bytes.prototype), "TypedArray#");
collect(getPrototypeOf(async function () {}), "AsyncFunction#");
collect((function* () {}).prototype.__proto__, "Generator#");

let out = `${count}|${which < 0 ? "" : things[which].name}|`;
// Who replaces what the host offers waits for himself; the language is what the host could use.
const HOST = [
  "setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask", "performance", "fetch", "structuredClone",
  "Functions", "crypto", "Crypto", "CryptoKey", "SubtleCrypto", "TextEncoder", "TextDecoder", "atob", "btoa", "URL", "URLSearchParams",
  "Buffer", "Event", "EventTarget", "console", "Request", "Response", "Headers", "Blob", "File", "FormData", "AbortController",
  "AbortSignal", "ReadableStream", "DOMException",
];
const isHost = which >= 0 && HOST.some((name) => things[which].name === name || things[which].name.startsWith(`${name}.`) || things[which].name.startsWith(`${name}#`));
if (which >= 0 && how !== "name" && !(how === "never" && isHost)) {
  const { holder, key, found } = things[which];
  const never = { then() {} };
  const put = how === "throws" ? () => { throw "poison" } : () => never;
  const value = function () { return put() };
  if (found.get === undefined) defineProperty(holder, key, { value, writable: true, configurable: true });
  else defineProperty(holder, key, { get: value, set: value, configurable: true });
}

async function probe(name, run) {
  let got;
  try {
    got = await run();
    got = typeof got === "object" ? "other" : `${got}`;
  } catch {
    got = "error";
  }
  out += `${name}=${got};`;
}
const first = (bytes) => `${bytes[0]},${bytes[1]}`;
await probe("uint", () => first(Functions.encodeUint256(2n ** 255n + 2n ** 240n)));
await probe("int", () => first(Functions.encodeInt256(-2)));
await probe("string", () => first(Functions.encodeString("é")));
await probe("builtin", async () => typeof (await import("node:buffer")).Buffer);
await probe("module", async () => (await import(`${site}/waits.js`)).default);
await probe("json", async () => (await import(`${site}/data.json`, { with: { type: "json" } })).default.value);
await probe("timer", () => new RealPromise((resolve) => setTimeout(resolve, 1, 3)));
await probe("interval", () => new RealPromise((resolve) => {
  const id = setInterval(() => {
    clearInterval(id);
    resolve(4);
  }, 1);
}));
await probe("microtask", () => new RealPromise((resolve) => queueMicrotask(() => resolve(5))));
await probe("request", async () => (await Functions.makeHttpRequest({ url: `${site}/data.json`, params: { a: 1 } })).data.value);
await probe("fetch", async () => (await (await fetch(`${site}/data.json`, { headers: { a: "b" } })).text())[9]);
await probe("clone", () => structuredClone({ a: [6] }).a[0]);
await probe("digest", async () => new Bytes(await crypto.subtle.digest("SHA-256", new Bytes(2)))[0]);
await probe("utf8", () => first(new TextEncoder().encode("é")));
await probe("base64", () => `${atob("YQ==")}${btoa("a")}`);
await probe("url", () => new URL("https://a.example/b?c=d").searchParams.get("c"));
await probe("buffer", () => Buffer.from("é").toString("hex"));
await probe("event", () => {
  let heard = 0;
  const target = new EventTarget();
  target.addEventListener("a", () => (heard = 7));
  target.dispatchEvent(new Event("a"));
  return heard;
});
await probe("console", () => typeof console.log("a"));
return encodeString(out);
