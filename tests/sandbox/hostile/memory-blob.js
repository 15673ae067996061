// Blobs of blobs.
// expect: error syntax error, RAM exceeded, or other error: memory
let blob = new Blob([new Uint8Array(1000)]);
for (;;) blob = new Blob([blob, blob]);
