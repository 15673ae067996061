// A loop in a replacement function.
// limit: execution_ms 300
// expect: error script runtime exceeded
"a".replace(/a/, () => { for (;;); })
