// A hundred and twenty thousand arguments to every kind of function; more are refused.
// expect: text 119999 120000 120000 120001 RangeError
const many = Array.from({ length: 120000 }, (_, n) => n);
const count = (...all) => all.length;
function* generator() { yield arguments.length; }
const bound = count.bind(null, 0);
let refused;
try {
  count(...new Array(200000));
} catch (error) {
  refused = error.name;
}
return Functions.encodeString(`${Math.max(...many)} ${count(...many)} ${generator(...many).next().value} ${bound(...many)} ${refused}`);
