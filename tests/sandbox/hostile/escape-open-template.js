// A template that swallows the wrapper's end.
// expect: error syntax error, RAM exceeded, or other error: syntax
return `
