// More groups than an expression may have.
// expect: text true
let caught;
try { new RegExp("()".repeat(1e5)).exec("") } catch (e) { caught = e }
return Functions.encodeString(`${caught instanceof Error}`);
