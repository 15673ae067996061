// Reads and writes beyond a buffer.
// expect: text 16
const b = Buffer.alloc(4);
let refused = 0;
for (const act of ["readUInt32BE", "readBigUInt64LE", "readUInt8", "readInt16LE"]) for (const at of [4, -1, 2 ** 32, NaN]) { try { b[act](at); } catch { refused++; continue } if (Number.isNaN(at) && act !== "readBigUInt64LE") refused++ }
return Functions.encodeString(`${refused}`);
