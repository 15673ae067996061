// A formatter of stacks that throws, around an error that is thrown.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
Error.prepareStackTrace = () => { throw new Error("in the formatter") };
throw new Error("x");
