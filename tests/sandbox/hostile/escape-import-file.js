// A file.
// expect: error import of file:///etc/passwd denied
await import("file:///etc/passwd");
