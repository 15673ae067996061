// Importing for ever what is denied; the engine keeps a little of each.
// limit: execution_ms 2000
// expect: error script runtime exceeded
// expect: error syntax error, RAM exceeded, or other error: memory
for (;;) await import("file:///etc/passwd").catch(() => {});
