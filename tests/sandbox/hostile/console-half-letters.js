// Lines cut inside letters.
// expect: text ok
console.log("€".repeat(100_000));
console.log("x" + "\u{1f600}".repeat(100_000));
console.log("\ud800");
return Functions.encodeString("ok");
