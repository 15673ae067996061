// An array from an object that claims to be endless.
// expect: error syntax error, RAM exceeded, or other error: memory
Array.from({ length: 2 ** 31 }, () => ({}));
