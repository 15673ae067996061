// await where no asynchronous function is.
// expect: error syntax error, RAM exceeded, or other error: syntax
function f() { await null }
