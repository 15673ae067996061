// The modules of the system.
// expect: error import of node:fs denied
await import("node:fs");
