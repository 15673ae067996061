// A thenable that resolves twice counts once.
// expect: result 0x01
return { then(resolve, reject) { resolve(new Uint8Array([1])); resolve(new Uint8Array([2])); reject(new Error("late")); throw new Error("later") } };
