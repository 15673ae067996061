// A loop in a comparator.
// limit: execution_ms 300
// expect: error script runtime exceeded
[3, 2, 1].sort(() => { for (;;); })
