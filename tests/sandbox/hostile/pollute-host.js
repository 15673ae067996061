// Everything the host could take from the script's realm is replaced: none of it is called when the host makes errors, stacks,
// symbols and previews.
// expect: text TypeMismatchError,0,string
let asked = 0;
const spy = () => { asked++; throw new Error("asked"); };
const { apply } = Reflect;
const { push } = Array.prototype;
const [RealError, sink] = [Error, []];
for (const name of ["TypeError", "RangeError", "SyntaxError", "ReferenceError", "Error", "Symbol", "BigInt", "Map", "Set", "Promise"]) {
  Object.defineProperty(globalThis, name, { value: spy, configurable: true, writable: true });
}
Object.defineProperty(Array, "from", { value: spy });
Object.defineProperty(Array.prototype, "map", { value: spy });
for (const index of ["0", "1", "2"]) Object.defineProperty(Array.prototype, index, { set: spy, get: spy, configurable: true });
let caught;
try {
  crypto.getRandomValues(1);
} catch (error) {
  caught = error;
}
const stack = new RealError("x").stack;
await null;
for (const index of ["0", "1", "2"]) delete Array.prototype[index];
return Functions.encodeString(`${caught?.name},${asked},${typeof stack}`);
