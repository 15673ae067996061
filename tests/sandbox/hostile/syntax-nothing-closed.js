// A source that never ends.
// expect: error syntax error, RAM exceeded, or other error: syntax
if (true) {
