// Setters on the indices of arrays, to catch functions of the host.
// expect: text 0
let stolen = 0;
for (let i = 0; i < 4; i++) Object.defineProperty(Array.prototype, i, { set(v) { if (typeof v === "function") stolen++ }, get() { return undefined }, configurable: true });
new Headers(new Headers());
new URLSearchParams("a=1&b=2");
setTimeout(() => {}, 1);
console.log({ a: 1 });
Functions.encodeUint256(1);
for (let i = 0; i < 4; i++) delete Array.prototype[i];
return Functions.encodeString(`${stolen}`);
