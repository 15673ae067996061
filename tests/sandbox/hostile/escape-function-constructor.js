// Functions made from text see the same world.
// expect: text undefined undefined undefined
const G = Function("return this")();
return Functions.encodeString(`${typeof G.Deno.core} ${typeof G.__bootstrap} ${typeof G.process}`);
