// Host functions given everything they do not expect.
// expect: text ok
const odd = [undefined, null, 0, -1, NaN, 2 ** 53, 1n, "", "\ud800", Symbol("x"), {}, [], () => {}, new Proxy({}, {}), new ArrayBuffer(8), new Uint8Array(2), Object.create(null), new Date(NaN)];
const calls = [
  ...Object.values(Functions).slice(1), atob, btoa, structuredClone, clearTimeout, Buffer.from, Buffer.alloc, Buffer.concat, Buffer.byteLength,
  (x) => new TextDecoder(x), (x) => new TextDecoder().decode(x), (x) => new TextEncoder().encode(x), (x) => new URL(x), (x) => new URLSearchParams(x), (x) => new Headers(x), (x) => new Request(x), (x) => new Response(x), (x) => new Blob(x), (x) => new Event(x),
  (x) => crypto.getRandomValues(x), (x) => new AbortController().abort(x), (x) => console.log(x), (x) => console.table(x), (x) => console.group(x), (x) => console.dir(x, x),
  (x) => crypto.subtle.digest(x, x).catch(() => {}), (x) => crypto.subtle.importKey(x, x, x, x, x).catch(() => {}),
];
for (const call of calls) for (const one of odd) { try { const r = call(one, one); r?.catch?.(() => {}) } catch {} }
return Functions.encodeString("ok");
