// Headers without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const headers = new Headers();
for (let i = 0; ; i++) headers.append(`x-${i}`, "v".repeat(1000));
