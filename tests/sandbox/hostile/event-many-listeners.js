// Twenty thousand listeners of every kind, added, called and removed.
// expect: text 20000 20000 20000 0
const count = 20000;
const [target, abort, form] = [new EventTarget(), new AbortController(), new FormData()];
let [called, aborted] = [0, 0];
const all = Array.from({ length: count }, () => () => { called++; });
for (const listener of all) target.addEventListener("x", listener);
target.dispatchEvent(new Event("x"));
for (const listener of all) target.removeEventListener("x", listener);
target.dispatchEvent(new Event("x"));
for (let n = 0; n < count; n++) abort.signal.addEventListener("abort", () => { aborted++; }, { once: true });
abort.abort();
for (let n = 0; n < count; n++) form.set(`${n}`, "v");
for (let n = 0; n < count; n++) form.delete(`${n}`);
return Functions.encodeString(`${called} ${aborted} ${all.length} ${[...form].length}`);
