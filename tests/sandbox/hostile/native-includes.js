// The same with a search that visits holes.
// limit: execution_ms 300
// expect: error script runtime exceeded
new Array(2 ** 32 - 2).includes(1)
