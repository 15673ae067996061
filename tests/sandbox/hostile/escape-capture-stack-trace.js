// Nor through the other door.
// expect: text string
const target = {};
Error.captureStackTrace?.(target);
return Functions.encodeString(typeof (target.stack ?? ""));
