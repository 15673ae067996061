// The same against a wrapper that is an object.
// expect: error syntax error, RAM exceeded, or other error: syntax
return new Uint8Array([1]) }, other() {
