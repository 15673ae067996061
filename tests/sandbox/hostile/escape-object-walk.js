// Nothing that belongs to the host is reachable from the globals.
// expect: text
const seen = new Set(), found = [];
const visit = (value, path) => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  if (typeof value === "function" && /^(async_)?op_/.test(value.name)) found.push(path);
  for (const key of Reflect.ownKeys(value)) {
    const { value: inner, get, set } = Object.getOwnPropertyDescriptor(value, key);
    for (const one of [inner, get, set]) visit(one, `${path}.${String(key)}`);
    if (/^op_|core$|bootstrap/.test(String(key))) found.push(`${path}.${String(key)}`);
  }
  visit(Object.getPrototypeOf(value), `${path}.__proto__`);
};
visit(globalThis, "");
for (const value of [new Headers(), new Response("x"), new Request("https://a.b"), new URL("https://a.b"), new AbortController(), new Blob([]), new Event("x"), Buffer.alloc(1), new Response("x").body, crypto, setTimeout(() => {}, 0)]) visit(value, "instance");
return Functions.encodeString(found.join());
