// A brace that closes the wrapper early.
// expect: error syntax error, RAM exceeded, or other error: syntax
return new Uint8Array([1]) } async () => {
