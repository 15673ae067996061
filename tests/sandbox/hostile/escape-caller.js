// The functions that called are not named.
// expect: text TypeError TypeError
const names = [];
function f() { try { return f.caller } catch (e) { names.push(e.name) } }
f();
(function () { try { return arguments.callee } catch (e) { names.push(e.name) } })();
return Functions.encodeString(names.join(" "));
