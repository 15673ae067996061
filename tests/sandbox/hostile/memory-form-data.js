// Form fields without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const form = new FormData();
for (let i = 0; ; i++) form.append(`k${i}`, "v".repeat(1000));
