// More arguments than a call may have.
// expect: text true
let caught;
try { Math.max.apply(null, { length: 2 ** 32 - 1 }) } catch (e) { caught = e }
return Functions.encodeString(`${caught instanceof Error}`);
