// An expression that matches nothing at the same place for ever.
// limit: execution_ms 300
// expect: error script runtime exceeded
const empty = /a*/g;
while (empty.exec("b"));
