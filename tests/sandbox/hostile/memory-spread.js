// Doubling an array by spreading it.
// expect: error syntax error, RAM exceeded, or other error: memory
let list = [1, 2, 3, 4];
for (;;) list = [...list, ...list];
