// A request body that never ends.
// limit: execution_ms 3000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
// expect: text TypeError
// expect: text 413
const body = new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(10_000)) } });
try { return Functions.encodeString(`${(await fetch(args[0], { method: "POST", body, duplex: "half" })).status}`) } catch (e) { return Functions.encodeString(e.name) }
