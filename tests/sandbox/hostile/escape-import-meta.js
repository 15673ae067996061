// What belongs to modules.
// expect: error syntax error, RAM exceeded, or other error: syntax
return import.meta.url;
