// A module in its own name.
// expect: error import of data:text/javascript,export default 1 denied
await import("data:text/javascript,export default 1");
