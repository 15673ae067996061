// Deno cannot be rewritten.
// expect: text TypeError
try { Deno.readFile = 1 } catch (e) { return Functions.encodeString(e.name) }
