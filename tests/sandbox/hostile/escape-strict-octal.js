// The other thing it forbids.
// expect: error syntax error, RAM exceeded, or other error: syntax
return 010;
