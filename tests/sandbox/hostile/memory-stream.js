// A stream that is filled and never read.
// expect: error syntax error, RAM exceeded, or other error: memory
new ReadableStream({ start(controller) { for (;;) controller.enqueue(new Uint8Array(100_000)) } });
