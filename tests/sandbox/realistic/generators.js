// Paging with async generators and labelled loops.
// expect: result 0x312c332c352c372c392c31312c31332c31352c313720392c383120322066756c66696c6c65642c72656a6563746564
async function* pages(total, size) {
  for (let from = 0; from < total; from += size) {
    await null;
    yield Array.from({ length: Math.min(size, total - from) }, (_, at) => ({ id: from + at, odd: (from + at) % 2 === 1 }));
  }
}
const ids = [];
outer: for await (const page of pages(23, 5)) {
  for (const { id, odd } of page) {
    if (id > 17) break outer;
    if (odd) ids.push(id);
  }
}
const squares = ids.filter((id) => id % 3 === 0).map((id) => id * id).slice(0, 2);
return Functions.encodeString(`${ids} ${squares} ${await Promise.any([Promise.reject(1), Promise.resolve(2)])} ${(await Promise.allSettled([1, Promise.reject(2)])).map((r) => r.status)}`);
