// No global of the engine or of the boot is left.
// expect: text
const names = Reflect.ownKeys(globalThis).map(String).filter((name) => /^__|^v8|bootstrap|core|internal|gc$|^op_|^std$|^os$|^bjson$|print|scriptArgs/i.test(name));
return Functions.encodeString(names.join());
