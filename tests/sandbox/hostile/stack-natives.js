// Host functions of every kind, called where the stack ends: each gives a RangeError or works, and none ends the process.
// expect: text alive
const natives = [
  () => setTimeout(() => {}, 1), () => crypto.getRandomValues(new Uint8Array(4)), () => new TextEncoder().encode("ü"),
  () => new TextDecoder().decode(new Uint8Array([200])), () => new URL("http://a/b?c").searchParams.get("c"), () => atob("YQ=="),
  () => btoa("a"), () => structuredClone({ a: new Map([[1, 2]]) }), () => console.log({ a: [1] }), () => new Error("x").stack,
  () => new Headers({ a: "b" }).get("a"), () => new Blob(["a"]).size, () => Functions.encodeUint256(7n), () => Math.random(),
  () => Date.now(), () => performance.now(), () => new AbortController().abort(), () => new Response("a").text(),
  () => crypto.subtle.digest("SHA-256", new Uint8Array(1)), () => import("node:util").catch(() => {}), () => new DOMException("a", "AbortError").code,
  () => JSON.parse("[1]", (key, value) => value), () => [3, 1].sort(() => 1), () => "a".replace(/a/, () => "b"), () => new Intl.Collator(),
  () => new EventTarget().dispatchEvent(new Event("x")), () => new ReadableStream().tee(), () => queueMicrotask(() => {}), () => Reflect.construct(Date, []),
];
for (const native of natives) {
  const dive = () => {
    try {
      dive();
    } catch {
      try {
        native();
      } catch {}
    }
  };
  dive();
}
return Functions.encodeString("alive");
