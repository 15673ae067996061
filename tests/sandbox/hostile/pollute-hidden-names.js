// Names under which the engine keeps records of its own, and places of lists, are the script's on the prototypes.
// expect: text 7,1,39,0
let asked = 0;
const trap = { configurable: true, get() { asked++; return 1 }, set() { asked++ } };
const hidden = [
  "__v8qjs_resolve", "__v8qjs_reject", "__v8qjs_stack_ptr", "__v8qjs_message_text", "__v8qjs_source_line",
  "__v8x_fast_api_next_call", "__src_phase", "__defer_phase", "__attr_kv", "__attr_type", "__source_offset", "specifier",
];
for (const name of hidden) {
  Object.defineProperty(Object.prototype, name, trap);
  Object.defineProperty(Promise.prototype, name, trap);
}
for (const place of ["0", "1", "2", "3", "4", "5"]) Object.defineProperty(Array.prototype, place, trap);
const site = await import(`${args[0]}/waits.js`);
const data = await import(`${args[0]}/data.json`, { with: { type: "json" } });
const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x"));
const kept = asked;
for (const place of ["0", "1", "2", "3", "4", "5"]) delete Array.prototype[place];
return Functions.encodeString(`${site.default},${data.default.value},${new Uint8Array(digest).length + 7},${kept}`);
