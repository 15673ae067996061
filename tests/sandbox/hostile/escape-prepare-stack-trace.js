// A formatter of stacks is given frames of the script, and neither functions, receivers nor prototypes of the host's.
// expect: text inner,outer script.js 0 true
Error.prepareStackTrace = (_, sites) => sites;
function inner() { return new Error("x").stack }
function outer() { return inner() }
let frames, leaked = 0;
structuredClone({ get a() { frames = outer() } });
for (const site of frames) {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(site))) {
    const told = site[name]();
    if (typeof told === "function" || (typeof told === "object" && told !== null)) leaked++;
  }
}
const names = frames.map((site) => site.getFunctionName()).slice(0, 2);
const files = new Set(frames.map((site) => site.getFileName()));
const own = frames[0].constructor === Object && Object.getPrototypeOf(Object.getPrototypeOf(frames[0])) === Object.prototype;
return Functions.encodeString(`${names} ${[...files]} ${leaked} ${own}`);
