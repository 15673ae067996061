// Nothing of the script runs while its result is looked at.
// expect: result 0x07
const bytes = new Uint8Array([7]);
Object.defineProperty(bytes, Symbol.toStringTag, { get() { for (;;); } });
Object.prototype.toString = () => { for (;;); };
Object.defineProperty(Uint8Array.prototype, "constructor", { get() { for (;;); } });
return bytes;
