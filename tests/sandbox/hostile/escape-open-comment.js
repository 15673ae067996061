// A comment that swallows the wrapper's end.
// expect: error syntax error, RAM exceeded, or other error: syntax
return new Uint8Array([1]) /*
