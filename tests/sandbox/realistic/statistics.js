// Mean, deviation and outliers with exact arithmetic only: + - * / and sqrt.
// expect: result 0x31342e3736352031342e31343634383435343536333838393120392031302e30343939393939393939393939393920302e3231363032343638393934363932383738
const samples = [10.1, 9.8, 10.4, 10.0, 57.2, 9.9, 10.2, 10.3, 9.7, 10.05];
const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
const deviation = (list) => Math.sqrt(mean(list.map((x) => (x - mean(list)) * (x - mean(list)))));
const kept = samples.filter((x) => Math.abs(x - mean(samples)) < 2 * deviation(samples));
return Functions.encodeString([mean(samples), deviation(samples), kept.length, mean(kept), deviation(kept)].join(" "));
