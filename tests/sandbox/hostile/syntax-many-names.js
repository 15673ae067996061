// As many names as one function may have: declared, used, captured by a closure, taken apart, parameters, private ones.
// expect: text 120134 60000
const many = (form, count = 60000) => Array.from({ length: count }, (_, n) => form(n)).join("");
const run = (...texts) => new Function(...texts)();
const results = [
  run(many(n => `let v${n}=${n};`) + "return v59999"),
  run(many(n => `{let v=${n}}`) + "var w=7;return w"),
  run(many(n => `const v${n}=${n % 2};`) + "return (()=>[" + many(n => `v${n},`) + "].length)()"),
  run("let {" + many(n => `v${n},`) + "v}={v:7};return v"),
  run(many(n => `v${n},`) + "v=7", many(n => `let w${n}=1;`, 200) + many(n => `if(0)v${n};`) + "return v"),
  run("class A{" + many(n => `#p${n}=${n};`, 20000) + "get(){return this.#p7}}return new A().get()"),
];
(0, eval)(many(n => `var g${n}=${n};`));
results.push(g79 + 28);
return Functions.encodeString(`${results.reduce((sum, result) => sum + result, 0)} ${g59999 + 1}`);
