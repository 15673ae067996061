// A timer beyond the execution window never fires.
// expect: error script runtime exceeded
await new Promise((r) => setTimeout(r, 2 ** 31));
return new Uint8Array(1);
