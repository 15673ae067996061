// The global Promise, its resolve and its then are replaced before the script imports: the engine asks none of them.
// expect: text 7,function,3
const never = { then() {} };
const RealPromise = Promise;
globalThis.Promise = class {
  static resolve() {
    return never;
  }
};
RealPromise.resolve = () => never;
RealPromise.prototype.then = () => never;
const site = await import(`${args[0]}/waits.js`);
const { Buffer } = await import("node:buffer");
let at = 1;
queueMicrotask(() => at++);
await null;
queueMicrotask(() => at++);
await null;
return Functions.encodeString(`${site.default},${typeof Buffer},${at}`);
