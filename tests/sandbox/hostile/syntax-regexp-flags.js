// A literal the engine must refuse before anything runs.
// expect: error syntax error, RAM exceeded, or other error: syntax
console.log("ran"); return /a/gg;
