// The engine's bridge.
// expect: text undefined undefined
return Functions.encodeString(`${typeof Deno.core} ${typeof Deno[Symbol.for("Deno.internal")]}`);
