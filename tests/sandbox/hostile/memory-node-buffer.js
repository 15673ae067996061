// Node's buffers, concatenated.
// expect: error syntax error, RAM exceeded, or other error: memory
let bytes = Buffer.alloc(1000, 1);
for (;;) bytes = Buffer.concat([bytes, bytes]);
