// A library of more than a megabyte on one line.
// expect: text 40000
let source = "";
for (let n = 0; n < 40000; n++) source += `function f${n}(a,b){return a.x+b*${n}};`;
new Function(source);
return Functions.encodeString(`${source.match(/function/g).length}`);
