// Setters at indices of Array.prototype take nothing of what natives and syntax put into the arrays they make.
// expect: text 0 none TypeError
const taken = { __proto__: null, count: 0 };
for (const index of ["0", "1", "2", "3"]) Object.defineProperty(Array.prototype, index, { __proto__: null, get() {}, set() { taken.count++ }, configurable: true });
const made = {
  match: () => "abcd".match(/./g), matchAll: () => [..."abcd".matchAll(/./g)], exec: () => /(a)(b)(c)/.exec("abc"), split: () => "a,b,c,d".split(","),
  splitRegExp: () => "a,b,c,d".split(/,/), groupBy: () => Object.groupBy([1, 2, 3, 4], () => "k").k, mapGroupBy: () => Map.groupBy([1, 2, 3, 4], () => "k").get("k"),
  array: () => Array(1, 2, 3, 4), newArray: () => new Array(1, 2, 3, 4), of: () => Array.of(1, 2, 3, 4), from: () => Array.from("abcd"), literal: () => [1, 2, 3, 4],
  spread: () => [..."abcd"], rest: () => ((...all) => all)(1, 2, 3, 4), restOf: () => { const [, ...all] = [0, 1, 2, 3, 4]; return all }, map: () => [1, 2, 3, 4].map((x) => x),
  filter: () => [1, 2, 3, 4].filter((x) => x), flat: () => [1, [2], [3, 4]].flat(), flatMap: () => [1, 3].flatMap((x) => [x, x + 1]), concat: () => [1].concat(2, [3], 4),
  slice: () => [0, 1, 2, 3, 4].slice(1), splice: () => [0, 1, 2, 3, 4].splice(1, 4), toSorted: () => [4, 3, 2, 1].toSorted(), toReversed: () => [1, 2, 3, 4].toReversed(),
  toSpliced: () => [1, 2, 3].toSpliced(1, 1, 8, 9), with: () => [1, 2, 3, 4].with(1, 7), keys: () => Object.keys({ a: 1, b: 1, c: 1, d: 1 }), values: () => Object.values({ a: 1, b: 1, c: 1, d: 1 }),
  ownKeys: () => Reflect.ownKeys({ a: 1, b: 1, c: 1, d: 1 }), parse: () => JSON.parse("[1,2,3,4]"), template: () => ((parts) => parts)`a${1}b${2}c${3}d`, raw: () => ((parts) => parts.raw)`a${1}b${2}c${3}d`,
  arguments: () => (function () { return arguments })(1, 2, 3, 4), iterator: () => [1, 2, 3, 4].values().toArray(), union: () => [...new Set([1, 2]).union(new Set([3, 4]))], errors: () => new AggregateError("abcd").errors,
};
let holes = "";
for (const name in made) {
  const array = made[name]();
  for (let at = 0; at < 4; at++) if (!Object.hasOwn(array, at)) holes += `${name} `;
}
const all = await Promise.all([1, 2, 3, 4]);
const settled = await Promise.allSettled([1, 2, 3, 4]);
if (!Object.hasOwn(all, 2) || !Object.hasOwn(settled, 2)) holes += "promises ";
const circle = { a: {} };
circle.a.b = circle;
let error = "none";
try { JSON.stringify(circle) } catch (e) { error = e.name }
return Functions.encodeString(`${taken.count} ${holes.trim() || "none"} ${error}`);
