// A loop while an instance is initialised.
// limit: execution_ms 300
// expect: error script runtime exceeded
class A { field = (() => { for (;;); })() }
new A()
