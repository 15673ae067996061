// A module that waits is waited for by the engine's own promise, whatever the script gives promises for a constructor.
// expect: text 7,1
let made = 0;
const { constructor } = Promise.prototype;
function Made(run) {
  made++;
  run(() => {}, () => {});
}
Object.defineProperty(Promise.prototype, "constructor", { value: { [Symbol.species]: Made }, configurable: true });
const pending = import(`${args[0]}/waits.js`);
let site;
// The one promise that is made as the script says.
pending.then((namespace) => (site = namespace));
for (let turn = 0; turn < 50 && site === undefined; turn++) await { then: (resolve) => setTimeout(resolve, 1) };
Object.defineProperty(Promise.prototype, "constructor", { value: constructor, writable: true, configurable: true });
return Functions.encodeString(`${site?.default},${made}`);
