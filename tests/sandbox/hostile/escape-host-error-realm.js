// Errors of the host come from the script's own world.
// expect: text true,true,true
const same = [];
for (const f of [() => fetch(5), () => new URL("x"), () => Functions.encodeUint256("x")]) { try { f() } catch (e) { same.push(e.constructor.constructor === Function) } }
return Functions.encodeString(same.join());
