// Compiling a function of three hundred thousand variables.
// limit: execution_ms 300
// expect: error script runtime exceeded
eval("let " + Array.from({ length: 300_000 }, (_, at) => "v" + at).join(";let "));
for (;;);
