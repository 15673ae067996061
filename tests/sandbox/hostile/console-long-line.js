// One line of eight million letters.
// expect: text ok
console.log("x".repeat(8_000_000));
return Functions.encodeString("ok");
