// A library of seven hundred kilobytes on one line.
// expect: text 20000
let source = "";
for (let n = 0; n < 20000; n++) source += `function f${n}(a,b){return a.x+b*${n}};`;
new Function(source);
return Functions.encodeString(`${source.match(/function/g).length}`);
