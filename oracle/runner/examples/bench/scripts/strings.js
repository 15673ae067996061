// Scrapes, splits, replaces and joins text.
let page = "";
for (let at = 0; at < 4_000; at++) page += `<tr><td class="name">Item ${at}</td><td class="price">$${(at * 31) % 977},${at % 10}0</td></tr>\n`;
let total = 0;
for (let round = 0; round < 6; round++) {
  for (const line of page.split("\n")) {
    const match = /class="price">\$(\d+),(\d+)</.exec(line);
    if (match) total += Number(match[1]) * 100 + Number(match[2]);
  }
  total += page.replaceAll("<td", "<th").toUpperCase().indexOf("ITEM 3999");
}
return Functions.encodeUint256(total);
