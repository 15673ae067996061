// Sorting for ever with a comparator that contradicts itself.
// limit: execution_ms 300
// expect: error script runtime exceeded
const list = Array.from({ length: 1000 }, (_, at) => at);
for (;;) list.sort(() => Math.random() - 0.5);
