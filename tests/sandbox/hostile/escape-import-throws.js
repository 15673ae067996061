// A name that throws while it is read.
// expect: error no name
await import({ toString() { throw new Error("no name") } });
