// Template literals make texts of their values one after the other, and ask nothing the script can replace.
// expect: text a01b7c 012
const called = [];
String.prototype.concat = () => "replaced";
String.prototype.toString = String.prototype.valueOf = () => "replaced";
String.raw = () => "replaced";
let n = 0;
const next = { toString: () => String(n++) };
const first = `a${next}${n}b${7}c`;
const symbols = (() => { try { return `${Symbol("s")}` } catch (e) { return e.name } })();
if (symbols !== "TypeError") return Functions.encodeString(symbols);
for (const value of [0, 1, 2]) called.push({ [Symbol.toPrimitive]: (hint) => hint === "string" ? String(value) : "wrong" });
return Functions.encodeString(`${first} ${called[0]}${called[1]}${called[2]}`);
