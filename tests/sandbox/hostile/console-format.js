// Format directives with nothing and everything behind them.
// expect: text ok
console.log("%s%d%i%f%j%o%O%c%%%", 1);
console.log("%s", Symbol("x"), "%s".repeat(10_000));
console.log("%d", 1n, "%i", {});
return Functions.encodeString("ok");
