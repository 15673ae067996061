// More scopes in one function than the code of the engine can name.
// expect: text SyntaxError
let source = "let k = 7;";
for (let n = 0; n < 66000; n++) source += "for(;0;);";
try {
  return Functions.encodeString(`${new Function(source + "return k")()}`);
} catch (error) {
  return Functions.encodeString(error.name);
}
