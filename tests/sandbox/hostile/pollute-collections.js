// Maps and Sets with other prototypes and methods are printed, cloned and measured by what they hold.
// expect: text 1,2,3,4 alive
const plain = { y: 2 };
const collections = [new Map([[1, 2]]), new Set([3]), new Map([[{}, 4]]), new Set()];
Object.setPrototypeOf(collections[0], plain);
Object.setPrototypeOf(collections[1], null);
const spy = () => { throw new Error("asked"); };
for (const { prototype } of [Map, Set]) {
  for (const name of ["forEach", "entries", "keys", "values", "get", "has"]) Object.defineProperty(prototype, name, { value: spy });
  Object.defineProperty(prototype, "size", { get: spy });
  Object.defineProperty(prototype, Symbol.iterator, { value: null });
}
let printed = 0;
for (const collection of collections) {
  for (const print of [(value) => console.log(value), (value) => console.table(value), (value) => console.dir({ value }), (value) => console.log("%o", value)]) {
    try {
      print(collection);
    } catch {}
  }
  printed++;
}
return Functions.encodeString(`${[1, 2, 3, printed]} alive`);
