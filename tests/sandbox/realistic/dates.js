// Days between dates, the ISO week and an expiry, all in UTC.
// expect: result 0x3637312c392c312c323032352d30332d33315432333a35393a35392e3939395a2c313730393633323830303030302c4e614e
const day = 86_400_000;
const isoWeek = (date) => {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * day);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 4);
  return 1 + Math.round((thursday.getTime() - first) / day / 7);
};
const from = new Date("2024-02-28T23:59:59.999Z");
const to = new Date(Date.UTC(2025, 11, 31));
const days = Math.floor((to - from) / day);
const expiry = new Date(from);
expiry.setUTCMonth(expiry.getUTCMonth() + 13, 31);
return Functions.encodeString([days, isoWeek(from), isoWeek(to), expiry.toISOString(), Date.parse("Tue, 05 Mar 2024 10:00:00 GMT"), new Date(NaN).getTime()].join());
