// Waiting for nothing: the answer comes at once.
// expect: error script runtime exceeded
await new Promise(() => {});
