// Stacks name neither the host's files nor the machine's.
// expect: text
const stacks = [];
const keep = (f) => { try { f() } catch (e) { stacks.push(`${e.stack}`) } };
keep(() => null.x);
keep(() => fetch(5));
keep(() => new URL("x"));
keep(() => Functions.encodeUint256("x"));
keep(() => Deno.readFile());
keep(() => structuredClone(() => {}));
keep(() => atob("a"));
try { await Functions.makeHttpRequest() } catch (e) { stacks.push(`${e.stack}`) }
return Functions.encodeString(stacks.join("\n").split("\n").filter((line) => /functions:|\/|ext:|\.rs|file/.test(line.replaceAll("https://", ""))).join("|"));
