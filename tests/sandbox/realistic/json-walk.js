// The deepest path of a nested answer, and the sum of its numbers.
// expect: result 0x242e612e622e322e632e312e642e6520322e35
const tree = JSON.parse('{"a":{"b":[1,2,{"c":[3.5,{"d":{"e":-4}}]}],"f":"7"},"g":[[[["h"]]]],"i":null,"j":true}');
let [deepest, sum] = ["", 0];
(function walk(node, path) {
  if (path.split(".").length > deepest.split(".").length) deepest = path;
  if (typeof node === "number") sum += node;
  if (node !== null && typeof node === "object") for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`);
})(tree, "$");
return Functions.encodeString(`${deepest} ${sum}`);
