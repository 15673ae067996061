// Objects of ever new shape.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
for (let i = 0; ; i++) kept.push({ [`a${i}`]: 1, [`b${i}`]: 2 });
