// The prototypes of everything cut off.
// expect: result 0x07
const bytes = new Uint8Array([7]);
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  if (typeof value === "function" && value.prototype) { try { Object.setPrototypeOf(value.prototype, null) } catch {} }
}
return bytes;
