// Answers expressions with the reference implementation: one JSON document a line in, one a line out.
// Usage: node reference.js <directory of the jsonata module>
const jsonata = require(process.argv[2]);
const readline = require('readline');

// The clock stands still, as it does for the implementation that is compared.
const now = 1510067557121;
const RealDate = Date;
globalThis.Date = class extends RealDate {
    constructor(...args) {
        super(...(args.length === 0 ? [now] : args));
    }
    static now() {
        return now;
    }
};

function isFunction(v) {
    return typeof v === 'function' || (v && (v._jsonata_lambda || v._jsonata_function));
}

async function answer({ expr, data, bindings }) {
    try {
        const input = data === undefined || data === '' ? undefined : JSON.parse(data);
        const compiled = jsonata(expr);
        const result = await compiled.evaluate(input, bindings ? JSON.parse(bindings) : undefined);
        if (result === undefined) return { undef: true };
        if (isFunction(result)) return { msg: 'the expression returned a function' };
        return { out: JSON.stringify(result) };
    } catch (e) {
        if (e && e.code) return { code: e.code, msg: e.message, position: e.position, token: e.token };
        return { crash: String((e && e.message) || e) };
    }
}

(async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        if (line === '') continue;
        process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
    }
})();
