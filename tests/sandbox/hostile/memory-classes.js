// Classes, each extending the last.
// expect: error syntax error, RAM exceeded, or other error: memory
let Last = class {};
for (;;) Last = class extends Last { method() { return 1 } };
