// The engine's own modules.
// expect: text TypeError TypeError TypeError
const names = [];
for (const specifier of ["ext:core/mod.js", "ext:core/ops", "internal:core"]) await import(specifier).catch((e) => names.push(e.name));
return Functions.encodeString(names.join(" "));
