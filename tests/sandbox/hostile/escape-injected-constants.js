// What was injected cannot be exchanged.
// expect: text TypeError TypeError TypeError TypeError
const names = [];
for (const code of ["args = 1", "bytesArgs = 1", "secrets = 1", "Functions = 1"]) { try { eval(code) } catch (e) { names.push(e.name) } }
return Functions.encodeString(names.join(" "));
