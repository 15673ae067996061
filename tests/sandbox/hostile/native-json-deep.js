// JSON of what is thirty thousand deep, and of what has a long list of names, a hundred times.
// expect: text 60002,330002 19999 TypeError 2
let array = [], object = {};
for (let i = 0; i < 3e4; i++) [array, object] = [[array], { object }];
const lengths = new Set();
for (let i = 0; i < 100; i++) lengths.add(JSON.stringify(i % 2 ? object : array).length);
const names = Array.from({ length: 2e4 }, (_, i) => `k${i}`);
let keys = 0;
for (let i = 0; i < 10; i++) keys = Object.keys(JSON.parse(JSON.stringify({ k1: { k19999: 1 }, k0: 2 }, [...names, ...names]))).length;
const circle = { a: [{}] };
circle.a[0].b = circle;
let again = "none";
for (let i = 0; i < 2; i++) try { JSON.stringify(circle) } catch (e) { again = e.name }
const shared = { x: 1 };
const within = { shared, toJSON() { return JSON.stringify({ shared, other: shared }) } };
const twice = JSON.stringify([shared, within, shared]).split("x").length;
return Functions.encodeString(`${[...lengths]} ${names.length - 1} ${again} ${keys === 2 && twice === 5 ? keys : `${keys} ${twice}`}`);
