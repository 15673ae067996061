// A module that is its own address has nothing more in its reach than the script, and nothing relative to it.
// expect: text undefined undefined TypeError import of ./x.js denied
const module = await import("data:text/javascript,export default [typeof require, typeof this, await import('./x.js').catch((e) => `${e.name} ${e.message}`)].join(' ')");
return Functions.encodeString(module.default);
