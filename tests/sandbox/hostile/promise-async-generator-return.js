// Closing a finished generator twice, a promise the engine forgets.
// expect: error script runtime exceeded
// expect: text ok
async function* one() { yield 1 }
const g = one();
await g.next();
await g.next();
await Promise.all([g.return(), g.next()]);
return Functions.encodeString("ok");
