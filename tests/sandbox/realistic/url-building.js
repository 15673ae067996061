// Request URLs from parts, with everything that needs escaping.
// expect: result 0x68747470733a2f2f6170692e6578616d706c652e636f6d2f76322f7072696365733f6e6f74653d612b622532366325334425433325424325324226706169723d45544825324655534426783d3123656e6420713d35302532352b6f6666262544302542412544302542422544312538452544312538373d254430254237254430254244254430254230254431253837254430254235254430254244254430254238254430254235206125324662253346632532336427286529212068747470733a2f2f652e636f6d2f2543332542433f713d25323520e282ac
const url = new URL("/v1/../v2/prices?x=1", "https://api.example.com:443");
url.searchParams.append("pair", "ETH/USD");
url.searchParams.append("note", "a b&c=ü+");
url.searchParams.sort();
url.hash = "end";
const form = new URLSearchParams({ q: "50% off", "ключ": "значение" });
return Functions.encodeString([url.href, form, encodeURIComponent("a/b?c#d'(e)!"), encodeURI("https://e.com/ü?q=%"), decodeURIComponent("%E2%82%AC")].join(" "));
