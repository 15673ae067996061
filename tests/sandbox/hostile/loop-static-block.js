// A loop while a class is defined.
// limit: execution_ms 300
// expect: error script runtime exceeded
class A { static { for (;;); } }
