// A map without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const map = new Map();
for (let i = 0; ; i++) map.set(i, { i });
