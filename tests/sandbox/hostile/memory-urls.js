// URLs without end.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push(new URL(`https://example.com/${"p".repeat(500)}${i}`));
