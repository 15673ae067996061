// Copying for ever in the host's code.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) structuredClone({ a: [1, 2, { b: new Date(0) }] });
