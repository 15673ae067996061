// An expression changed by its own replacement.
// expect: text ok
const r = /a/g;
"aaaa".replace(r, () => { r.compile?.("b", ""); r.lastIndex = 2 ** 31; return "x" });
return Functions.encodeString("ok");
