// A function made from text is sloppy, and sees the same global.
// expect: text true
return Functions.encodeString(`${Function("with (this) { return globalThis }")() === globalThis}`);
