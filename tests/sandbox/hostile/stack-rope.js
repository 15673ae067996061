// A text of many pieces, made flat at the end.
// expect: text 20000
let text = "";
for (let i = 0; i < 2e4; i++) text = i % 2 ? text + "x" : "y" + text;
return Functions.encodeString(text.split("").length);
