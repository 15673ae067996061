// Suspended generators.
// expect: error syntax error, RAM exceeded, or other error: memory
const kept = [];
function* g() { const local = new Array(100); yield local }
for (;;) { const one = g(); one.next(); kept.push(one) }
