// Compiling a function of three hundred thousand statements, again and again.
// limit: execution_ms 300
// expect: error script runtime exceeded
const source = Array.from({ length: 300_000 }, (_, at) => "v" + at % 1000).join(";");
for (;;) new Function(source);
