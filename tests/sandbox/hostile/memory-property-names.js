// An object with ever more names.
// expect: error syntax error, RAM exceeded, or other error: memory
const object = {};
for (let i = 0; ; i++) object[`name${i}`] = i;
