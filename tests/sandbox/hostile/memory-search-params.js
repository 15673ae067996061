// Query parameters without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const params = new URLSearchParams();
for (let i = 0; ; i++) params.append(`k${i}`, "v".repeat(1000));
