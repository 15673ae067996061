// A thenable that throws.
// expect: error thrown by then
return { then() { throw new Error("thrown by then") } };
