// A formatter of stacks that never ends, around an error that is thrown.
// limit: execution_ms 300
// expect: error script runtime exceeded
Error.prepareStackTrace = () => { for (;;); };
throw new Error("x");
