// Stacks that were read leave nothing behind.
// expect: text 10000
let read = 0;
for (let at = 0; at < 10000; at++) { if (new Error("x").stack.includes("script.js")) read++ }
return Functions.encodeString(`${read}`);
