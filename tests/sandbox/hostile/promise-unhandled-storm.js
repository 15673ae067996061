// A hundred thousand rejections nobody handles.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
// expect: error syntax error, RAM exceeded, or other error: memory
for (let i = 0; i < 1e5; i++) Promise.reject(i);
await new Promise((r) => setTimeout(r, 1));
return new Uint8Array(1);
