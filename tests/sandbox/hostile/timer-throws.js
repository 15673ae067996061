// An error in a timer is nobody's.
// expect: error syntax error, RAM exceeded, or other error: unhandled rejection
setTimeout(() => { throw new Error("late") }, 1);
await new Promise(() => {});
