// A method and a path that hold line breaks.
// expect: text TypeError,clean
const seen = [];
try { seen.push((await fetch(args[0], { method: "GET / HTTP/1.1\r\nx: y\r\n\r\nGET" })).status) } catch (e) { seen.push(e.name) }
const head = await (await fetch(`${args[0]}/echo\r\nforged: yes`)).text();
seen.push(/^forged:/m.test(head) ? "smuggled" : "clean");
return Functions.encodeString(seen.join());
