// Stable sort by several keys, and the order of object keys.
// expect: result 0x5b5b22457665222c22416461222c22436964222c22426f62222c22446565225d2c7b223235223a5b22426f62222c22446565225d2c223336223a5b22416461222c22436964225d2c223431223a5b22457665225d7d2c5b2231222c2232222c2262222c2261222c222d31222c223031225d2c5b223130222c2239222c225a65627261222c226170706c65222c227a65627261222c22c389636c616972222c22c3a9636c616972225d2c5b3130302c32302c335d5d
const people = ["Ada:36", "Bob:25", "Cid:36", "Dee:25", "Eve:41"].map((text) => text.split(":"));
people.sort(([, a], [, b]) => b - a);
const byAge = people.reduce((groups, [name, age]) => ({ ...groups, [age]: [...(groups[age] ?? []), name] }), {});
const order = Object.keys({ b: 1, 2: 1, a: 1, 1: 1, "-1": 1, "01": 1 });
const words = ["éclair", "Zebra", "apple", "zebra", "Éclair", "10", "9"].toSorted();
return Functions.encodeString(JSON.stringify([people.map(([name]) => name), byAge, order, words, [3, 20, 100].sort()]));
