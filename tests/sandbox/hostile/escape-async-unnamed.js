// A rejection that goes through functions without a name while its stack is put together.
// expect: text TypeError
const budget = () => Promise.resolve().then(() => undefined.x);
const run = async (work) => { await work(); };
try {
  await (async () => { await run(async () => { await budget(); }); })();
} catch (error) {
  try {
    await (async () => { await Promise.reject(error); })();
  } catch (again) {
    return Functions.encodeString(again.name);
  }
}
