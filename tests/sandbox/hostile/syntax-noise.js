// A source that is none.
// expect: error syntax error, RAM exceeded, or other error: syntax
\u0000 @@ # }{ 
