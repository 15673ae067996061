// A chain of bound functions, and one of proxies, as the target whose realm an instance takes.
// expect: text 0 0
// expect: text 0 RangeError
let bound = function () {};
for (let n = 0; n < 1000; n++) bound = bound.bind();
let proxy = function () {};
const traps = { get: () => undefined };
for (let n = 0; n < 100000; n++) proxy = new Proxy(proxy, traps);
const made = [bound, proxy].map((target) => {
  try {
    return Reflect.construct(Array, [], target).length;
  } catch (error) {
    return error.name;
  }
});
return Functions.encodeString(made.join(" "));
