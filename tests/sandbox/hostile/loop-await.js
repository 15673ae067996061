// A loop that yields to the job queue each time.
// limit: execution_ms 300
// expect: error script runtime exceeded
for (;;) await null;
