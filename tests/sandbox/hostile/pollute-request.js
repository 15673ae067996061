// All that a request needs replaced after start: the response still arrives.
// expect: text 7
for (const name of ["fetch", "Headers", "Request", "Response", "URL", "URLSearchParams", "AbortController", "AbortSignal", "setTimeout", "clearTimeout", "ReadableStream", "TextDecoder", "TextEncoder", "Blob"]) {
  const Type = globalThis[name];
  globalThis[name] = () => { throw new Error("poison") };
}
const response = await Functions.makeHttpRequest({ url: args[0] });
return Functions.encodeString(`${response.data.value}`);
