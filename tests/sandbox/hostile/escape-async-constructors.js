// The constructors reached through values.
// expect: text undefined,undefined,undefined,undefined
const makers = [function () {}, async () => {}, function* () {}, async function* () {}].map((f) => f.constructor);
const out = [];
out.push(makers[0]("return typeof __bootstrap")());
out.push(await makers[1]("return typeof __bootstrap")());
out.push(makers[2]("yield typeof __bootstrap")().next().value);
out.push((await makers[3]("yield typeof __bootstrap")().next()).value);
return Functions.encodeString(out.join());
