// A proxy around an error, whose trap answers for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
// expect: error invalid value thrown of type object
throw new Proxy(new Error("x"), { get() { for (;;); } });
