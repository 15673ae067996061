// What strict code forbids.
// expect: error syntax error, RAM exceeded, or other error: syntax
with ({ a: 1 }) { return a }
