// Evaluates every expression of `expressions` and prints its value, or the name of what it throws, as one JSON text a line.
for (const expression of expressions) {
  let shown;
  try {
    const value = (0, eval)(expression);
    shown = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype ? JSON.stringify(value) : String(value);
  } catch (error) {
    shown = `throws ${error.name}`;
  }
  console.log(JSON.stringify(shown));
}
