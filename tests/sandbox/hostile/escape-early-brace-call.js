// The same with a call.
// expect: error syntax error, RAM exceeded, or other error: syntax
}; for (;;); {
