// Call sites are not handed out.
// expect: text TypeError string
let error;
try { Error.prepareStackTrace = (_, sites) => sites } catch (e) { error = e.name }
return Functions.encodeString(`${error} ${typeof new Error("x").stack}`);
