// Clones of a large response, each read as text.
// expect: error syntax error, RAM exceeded, or other error: memory
const response = await fetch(`${args[0]}/two-mebibytes`);
const kept = [];
for (;;) kept.push((await response.clone().text()) + kept.length);
