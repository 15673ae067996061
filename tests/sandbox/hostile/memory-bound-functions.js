// Functions bound to functions.
// expect: error syntax error, RAM exceeded, or other error: memory
let f = () => 1;
for (;;) f = f.bind(null, 1, 2, 3);
