// Every property of every global a trap that throws.
// expect: result 0x07
// expect: error poison
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  for (const target of [value, value?.prototype]) {
    if (target === null || (typeof target !== "object" && typeof target !== "function")) continue;
    if (target === globalThis || target === Functions || target === Reflect || target === Object) continue;
    for (const key of Reflect.ownKeys(target)) { try { target[key] = () => { throw new Error("poison") } } catch {} }
  }
}
return new Uint8Array([7]);
