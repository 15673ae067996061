// A loop in a conversion to a text, inside the host's encoder.
// limit: execution_ms 300
// expect: error script runtime exceeded
Functions.encodeString({ [Symbol.toPrimitive]() { for (;;); } })
