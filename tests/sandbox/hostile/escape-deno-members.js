// Every member of Deno refuses.
// expect: text ok
const open = [];
const walk = (object, path) => {
  for (const key of Reflect.ownKeys(object)) {
    const value = object[key];
    if (path === "Deno" && key === "errors") continue;
    if (typeof value === "object") { walk(value, `${path}.${String(key)}`); continue }
    try { value(); open.push(`${path}.${String(key)}`) } catch (e) { if (e.name !== "PermissionDenied") open.push(`${path}.${String(key)} ${e.name}`) }
  }
};
walk(Deno, "Deno");
return Functions.encodeString(open.join() || "ok");
