// Touching the system ends the run with its own text.
// expect: error attempted access to blocked resource detected
await Deno.readTextFile("/etc/passwd");
