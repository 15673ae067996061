// console replaced and destroyed.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
for (const key of Reflect.ownKeys(console)) { try { console[key] = () => { throw new Error("poison") } } catch {} }
delete globalThis.console;
return Functions.encodeUint256(7);
