// Memory that is not counted stays out of reach.
// expect: text undefined,undefined,undefined,undefined,undefined,undefined
return Functions.encodeString(["SharedArrayBuffer", "Atomics", "WebAssembly", "WeakRef", "FinalizationRegistry", "ShadowRealm"].map((name) => Function(`return typeof ${name}`)()).join());
