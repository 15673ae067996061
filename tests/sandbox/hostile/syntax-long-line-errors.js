// Stacks read at the end of a long line.
// expect: text 2000
let source = "let n = 0;" + "n.a;".repeat(100000) + "for (let k = 0; k < 2000; k++) { try { n.b.c; } catch (error) { if (error.stack) n++; } } return n;";
return Functions.encodeString(`${new Function(source)()}`);
