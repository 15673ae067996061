// Every global deleted.
// expect: result 0x0000000000000000000000000000000000000000000000000000000000000007
// expect: error Number is not defined
const { encodeUint256 } = Functions;
for (const name of Reflect.ownKeys(globalThis)) { try { delete globalThis[name] } catch {} }
return encodeUint256(7);
