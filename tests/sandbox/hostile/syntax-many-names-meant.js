// Among many names each means the nearest declaration before the use, whatever kind of scope it is in.
// expect: text 1,7,7,inner,function,5,5,outer,RSRT,redeclared,redeclared
const pad = Array.from({ length: 40 }, (_, n) => `let p${n}=${n};`).join("");
const run = text => new Function(`${pad}${text}`)();
const fails = text => { try { new Function(pad + text) } catch (error) { return error instanceof SyntaxError ? "redeclared" : error.name } };
return Functions.encodeString([
  run("return p1"),
  run("{ let p1 = 7; return p1 }"),
  run("return (p1 => { { let p2 = p1; return p2 } })(7)"),
  run("let s = 'outer'; { let s = 'inner'; return (() => s)() }"),
  run("return typeof f; function f() {}"),
  run("with ({ p3: 5 }) { return p3 }"),
  run("with ({ p3: 5 }) { return (() => { let q; return eval('p3') })() }"),
  run("let s = 'outer'; { let s = 'inner' } return s"),
  run("let text = ''; for (const p1 of 'RS') { text += p1; } try { throw 'RT' } catch (p1) { text += p1 } return text"),
  fails("let p1"),
  fails("{ var p1 }"),
].join());
