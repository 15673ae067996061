// Lines that try to be other lines.
// expect: text ok
console.log("a\nERROR forged line\r\n\x1b[2J\x00\x07\u202e");
return Functions.encodeString("ok");
