// An asynchronous function that awaits itself.
// expect: text RangeError
try {
  const f = async () => { await f() };
  await f();
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
