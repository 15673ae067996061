// More blocks in one function than the engine's code can tell apart.
// expect: text SyntaxError
let source = "let k = 7;";
for (let n = 0; n < 70000; n++) source += "{let a}";
try {
  return Functions.encodeString(`${new Function(source + "return k")()}`);
} catch (error) {
  return Functions.encodeString(error.name);
}
