// The inside of host objects, asked for on strangers.
// expect: text
const open = [];
for (const Type of [Headers, Request, Response, URL, URLSearchParams, AbortController, AbortSignal, Blob, FormData, ReadableStream, TextDecoder, Event]) {
  for (const key of Reflect.ownKeys(Type.prototype)) {
    const { get } = Object.getOwnPropertyDescriptor(Type.prototype, key);
    // A stream describes its state under a registered symbol; that is a copy.
    if (!get || key === Symbol.for("nodejs.webstreams.kState")) continue;
    try { const value = get.call(Object.create(Type.prototype)); if (value !== null && (typeof value === "object" || typeof value === "function")) open.push(`${Type.name}.${String(key)}`) } catch (e) { if (!(e instanceof TypeError)) open.push(`${Type.name}.${String(key)} ${e}`) }
  }
}
return Functions.encodeString(open.join());
