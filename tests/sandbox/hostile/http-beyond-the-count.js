// Requests beyond the count are answered, and never sent.
// expect: text 200,200,200,200,200,429,429,429
const seen = [];
for (let i = 0; i < 8; i++) seen.push((await fetch(args[0])).status);
return Functions.encodeString(seen.join());
