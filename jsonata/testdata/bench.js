// Measures the CPU time that the expressions of bench_test.go take under the reference implementation.
// Usage: node bench.js <directory of the jsonata module>
const jsonata = require(process.argv[2]);

const small = '{"customer":{"name":"Ada","id":17},"total":142.5,"flags":{"vip":true},"items":[{"sku":"a1","qty":1,"price":9.5},' +
    '{"sku":"b2","qty":3,"price":21},{"sku":"c3","qty":2,"price":35}],"currency":"EUR","note":"leave at the door"}';
const rows = [];
for (let i = 0; i < 2000; i++) {
    const cents = String(i % 100).padStart(2, '0');
    rows.push(`{"id":${i},"name":"row number ${i}","amount":${i % 700}.${cents},"tag":"t${i % 7}","active":${i % 3 === 0}}`);
}
const big = `{"rows":[${rows.join(',')}]}`;

const cases = [
    ['Path', 'customer.name', small],
    ['Condition', 'total > 100 and flags.vip', small],
    ['Object', '{"name": $uppercase(customer.name), "n": $count(items), "sum": $sum(items.price), "cur": currency}', small],
    ['Filter', 'items[qty > 1].sku', small],
    ['MapObjects', 'items.{"s": sku, "t": qty * price}', small],
    ['Lambda', '$join($map(items, function($i) { $i.sku & ":" & $string($i.qty) }), ",")', small],
    ['Sum2000', '$sum(rows.amount)', big],
    ['FilterMap2000', 'rows[amount > 100 and active].{"id": id, "label": name & "/" & tag, "double": amount * 2}', big],
];

async function time(run) {
    const until = process.hrtime.bigint() + 200_000_000n;
    for (let i = 0; i < 20; i++) await run();
    while (process.hrtime.bigint() < until) await run();
    const start = process.cpuUsage();
    const end = process.hrtime.bigint() + 500_000_000n;
    let n = 0;
    while (process.hrtime.bigint() < end) { await run(); n++; }
    const used = process.cpuUsage(start);
    return (used.user + used.system) / n;
}

(async () => {
    for (const [name, expr, text] of cases) {
        const e = jsonata(expr);
        const data = JSON.parse(text);
        const only = await time(() => e.evaluate(data));
        const all = await time(async () => JSON.stringify(await e.evaluate(JSON.parse(text))));
        console.log(`${name.padEnd(14)} eval ${only.toFixed(2)} µs   all ${all.toFixed(2)} µs`);
    }
})();
