// Twenty thousand parameters of one URL, and the URL in step with them whenever somebody looks.
// expect: text 20000 168908 https://a.example/p?x=1&y=2#h|1 3 https://a.example/p?z=3#h|https://a.example/p#h|"https://a.example/p?q=%C3%A4+b#h"|https://a.example/r|true|?a=2&q=%C3%A4+b|b?c=d
const many = new URL("https://a.example/");
for (let n = 0; n < 20000; n++) many.searchParams.append(`k${n}`, "v");
const texts = [`${[...many.searchParams].length} ${many.href.length}`];
const url = new URL("https://a.example/p?x=1#h");
const params = url.searchParams;
params.append("y", "2");
texts[0] += ` ${url.href}`;
url.search = "?z=3";
texts.push(`${[...params].length} ${params.get("z")} ${url.href}`);
params.delete("z");
texts.push(`${url}`);
params.set("q", "ä b");
texts.push(JSON.stringify(url), new URL("r", url).href, String(url.searchParams === params));
params.append("a", "2");
params.sort();
texts.push(url.search);
const other = new URL("a:b");
other.searchParams.set("c", "d");
texts.push(other.href.slice(2));
return Functions.encodeString(texts.join("|"));
