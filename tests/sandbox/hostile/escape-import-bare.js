// A bare name.
// expect: error import of fs denied
await import("fs");
