// A library of half a megabyte on one line.
// limit: execution_ms 2500
// expect: text 16000
let source = "";
for (let n = 0; n < 16000; n++) source += `function f${n}(a,b){return a.x+b*${n}};`;
new Function(source);
return Functions.encodeString(`${source.match(/function/g).length}`);
