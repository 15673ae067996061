// An event whose listener dispatches the next, three thousand deep and more.
// expect: text RangeError
const target = new EventTarget();
let caught;
target.addEventListener("x", () => {
  try {
    target.dispatchEvent(new Event("x"));
  } catch (error) {
    caught ??= error;
    throw error;
  }
});
try {
  target.dispatchEvent(new Event("x"));
} catch (error) {
  caught ??= error;
}
return Functions.encodeString(`${caught?.name}`);
