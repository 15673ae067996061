// A source that pretends to be the parameters.
// expect: error syntax error, RAM exceeded, or other error: syntax
) { return new Uint8Array([1]) } //
