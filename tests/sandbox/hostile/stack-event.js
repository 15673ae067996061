// An event that dispatches itself.
// expect: text RangeError
try {
  const target = new EventTarget();
  let caught;
  target.addEventListener("x", () => { try { target.dispatchEvent(new Event("x")) } catch (e) { caught = e } });
  target.dispatchEvent(new Event("x"));
  if (caught) throw caught;
} catch (e) { return Functions.encodeString(e.name) }
return Functions.encodeString("ok");
