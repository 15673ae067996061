// The race of no runners never ends.
// expect: error script runtime exceeded
return Promise.race([]);
