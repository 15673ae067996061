// A list of four million links, and then its end.
// expect: error syntax error, RAM exceeded, or other error: memory
let head = null;
for (;;) head = { head };
