// A loop in a conversion to a number.
// limit: execution_ms 300
// expect: error script runtime exceeded
+{ valueOf() { for (;;); } }
