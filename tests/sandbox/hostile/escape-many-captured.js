// More variables of a function, or around an eval, than the engine's code can name: an error, never another's place.
// expect: text 1,SyntaxError,SyntaxError,SyntaxError,SyntaxError,SyntaxError,SyntaxError
const many = (count, form) => Array.from({ length: count }, (_, n) => form(n)).join("");
const run = (...texts) => { try { return new Function(...texts)() } catch (error) { return error.name } };
const lets = (count, name) => many(count, n => `let ${name}${n}=1;`);
const parameters = count => `${many(count - 1, n => `p${n},`)}p`;
const nested = (count, body) => `${lets(count, "v")}return (()=>{${lets(count, "w")}${body}})()`;
return Functions.encodeString([
  run(nested(20000, "return eval('v7')")),
  run(nested(32768, "return eval('v3+w32767')")),
  run(nested(40000, "return eval('v3+w39999')")),
  run(parameters(40000), `${lets(40000, "v")}return eval('v7')`),
  run(parameters(40000), `${lets(40000, "v")}return (()=>{${many(39000, n => `p${n};v${n};`)}return v7})()`),
  run(nested(33000, `return (()=>{let s=0;${many(33000, n => `s+=v${n};s+=w${n};`)}return s})()`)),
  run(`${lets(65535, "v")}return this`),
].join());
