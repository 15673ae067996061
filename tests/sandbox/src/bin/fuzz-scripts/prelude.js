// What every generated script begins with. `tick` bounds the work, so that most scripts end by themselves.
let budget = 3000;
const tick = () => { if (--budget < 0) throw new RangeError("budget"); };
const t = (run) => { tick(); try { return run(); } catch (e) { return e; } };
const litter = () => { const made = []; for (let n = 0; n < 60; n++) made.push([n, `${n}`, { n }, new Uint8Array(n)]); return made; };
const AsyncFunction = (async () => {}).constructor;
class Sub extends Array { static get [Symbol.species]() { tick(); return t(() => globalThis.species) ?? Array; } }
class SubBuffer extends ArrayBuffer { static get [Symbol.species]() { tick(); return globalThis.species ?? ArrayBuffer; } }
class SubPromise extends Promise { static get [Symbol.species]() { tick(); return Promise; } }
class SubRegExp extends RegExp { exec(x) { tick(); return super.exec(x); } }
class SubMap extends Map { set(k, v) { tick(); return super.set(k, v); } }
