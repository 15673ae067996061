// A set without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const set = new Set();
for (let i = 0; ; i++) set.add(`${i}`);
