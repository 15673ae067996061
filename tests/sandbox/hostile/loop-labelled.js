// Nested loops that continue each other.
// limit: execution_ms 300
// expect: error script runtime exceeded
outer: for (;;) { for (;;) { continue outer } }
