// The other one.
// expect: error syntax error, RAM exceeded, or other error: syntax
export default 1;
