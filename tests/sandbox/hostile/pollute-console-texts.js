// What a script puts in the place of the methods of texts and Maps is not asked when the console prints.
// expect: text 0
let asked = 0;
const ours = [[String.prototype, ["slice", "split", "endsWith"]], [Map.prototype, ["has", "get", "set", "delete"]], [Array.prototype, ["slice", "join"]]];
for (const [of, names] of ours) for (const name of names) of[name] = () => { asked++ };
console.log("a %s", 1, [1, { a: 2 }], null);
console.time("t");
console.timeLog("t");
console.timeEnd("t");
console.trace("here");
console.table([[1]]);
console.group("g");
console.error("in it");
console.groupEnd();
console.count();
return Functions.encodeString(`${asked}`);
