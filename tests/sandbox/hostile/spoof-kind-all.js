// Every kind of object under a wrong name, printed and cloned: the engine knows what each is, and nobody else is asked.
// expect: text Map Set Date RegExp ArrayBuffer DataView Error
let asked = 0;
Object.prototype.toString = function () { asked++; return "[object Date]"; };
const kinds = [new Map([[1, 2]]), new Set([1]), new Date(0), /a/g, new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new RangeError("r")];
for (const kind of kinds) Object.defineProperty(kind, Symbol.toStringTag, { get() { asked++; return "Promise"; } });
const names = kinds.map((kind) => Object.getPrototypeOf(structuredClone(kind))).map(({ constructor }) => constructor.name.replace("Range", ""));
return Functions.encodeString(asked === 0 ? names.join(" ") : `asked ${asked} times`);
