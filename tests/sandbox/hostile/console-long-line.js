// One line of eight million letters.
// expect: text ok
// expect: error syntax error, RAM exceeded, or other error: memory
console.log("x".repeat(8_000_000));
return Functions.encodeString("ok");
