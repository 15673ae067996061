// A request nobody waits for ends with the run.
// expect: text ok
fetch(`${args[0]}/never`).catch(() => {});
return Functions.encodeString("ok");
