/** Every command as a user runs it, on one state folder, in the order a newcomer meets them. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { datasets } from '../../datasets/index.ts';
import { start, type Workplace, workplace } from './support.ts';

let place: Workplace;
const good =
  'user_id,age,gender,device\n007,30,F,Mobile\n8,-31,F,Mobile\n8,31,F,Mobile\n9,40,M,Tablet\n9,40,M,Tablet\n';
/** Of its five rows one is out of range, and one repeats another. */
const books = { read: 5, accepted: 3, quarantined: 1, duplicate: 1 };
const reasons = { 'out_of_range:age': 1 };

beforeAll(async () => {
  place = await workplace();
  await writeFile(place.file('users.csv'), good);
  await writeFile(place.file('fine.csv'), 'user_id,age,gender,device\n1,30,F,Mobile\n');
  await writeFile(place.file('broken.csv'), '');
});
afterAll(() => place[Symbol.asyncDispose]());

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

describe('doctor', () => {
  it('finds this machine fit', async () => {
    const findings = await place.json<{ ok: boolean }[]>('doctor');
    expect(findings.length).toBeGreaterThan(3);
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('datasets and contract', () => {
  it('lists every dataset', async () => {
    const listed = await place.json<{ name: string; key: string[] }[]>('datasets');
    expect(listed.map(({ name }) => name)).toEqual(datasets.map(({ name }) => name));
    const { stdout } = await place.run('datasets');
    for (const { name } of datasets) expect(stdout).toContain(name);
  });

  it.each([
    ['markdown', (text: string) => expect(text).toMatch(/^# .*retailos\.stores[\s\S]*store_id/)],
    ['json-schema', (text: string) => expect(JSON.parse(text)).toHaveProperty('properties.store_id')],
    ['openapi', (text: string) => expect(parse(text)).toBeInstanceOf(Object)],
    ['odcs', (text: string) => expect(parse(text)).toMatchObject({ kind: 'DataContract' })],
    ['glue', (text: string) => expect(JSON.parse(text)).toBeInstanceOf(Object)],
    ['iceberg', (text: string) => expect(JSON.parse(text)).toBeInstanceOf(Object)],
    ['sql', (text: string) => expect(text).toContain('store_id')],
  ])('prints a contract as %s', async (format, verify) => {
    const { code, stdout } = await place.run('contract', 'retailos.stores', '--format', format);
    expect(code).toBe(0);
    verify(stdout);
    expect(stdout).toContain('store_id');
  });

  it('prints JSON where JSON is asked for', async () => {
    expect(await place.json('contract', 'retailos.stores')).toHaveProperty('properties.store_id');
  });
});

describe('cost', () => {
  interface Cost {
    readonly lines: readonly { readonly monthly: number; readonly units: number; readonly dollars: number }[];
    readonly pipeline: number;
    readonly total: number;
  }
  const of = (...args: string[]) => place.json<Cost>('cost', ...args);

  it('adds up, line by line, and grows with deliveries, rows and what is asked of them', async () => {
    const base = await of('--deliveries', '1000', '--rows', '1000000');
    const sum = base.lines.reduce((dollars, { units, dollars: price }) => dollars + units * price, 0);
    expect(base.total).toBeCloseTo(sum, 9);
    expect(base.pipeline).toBeLessThan(base.total);
    const more = await Promise.all([
      of('--deliveries', '2000', '--rows', '1000000'),
      of('--deliveries', '1000', '--rows', '2000000'),
      of('--deliveries', '1000', '--rows', '1000000', '--partitions', '3'),
      of('--deliveries', '1000', '--rows', '1000000', '--scans', '60'),
    ]);
    for (const { total } of more) expect(total).toBeGreaterThan(base.total);
    const together = await of('--deliveries', '1000', '--rows', '1000000', '--batch', '10');
    expect(together.total).toBeLessThan(base.total);
  });

  it('names each price, its unit, its date and the total for people', async () => {
    const { code, stdout } = await place.run('cost', '--deliveries', '1000', '--rows', '0');
    expect(code).toBe(0);
    expect(stdout).toMatch(/DynamoDB.*write request unit.*\$0\.625 a million.*2025-07/);
    expect(stdout).toMatch(/total.*\$\d/);
    expect(stdout).toContain('free tiers not counted');
  });

  it('needs both numbers', async () => {
    const { code, stderr } = await place.run('cost', '--deliveries', '1000');
    expect(code).toBe(2);
    expect(stderr).toContain('--rows');
  });
});

describe('generate', () => {
  const generate = async (seed: string) =>
    (await place.run('generate', 'stockgrip.sales', '--rows', '50', '--seed', seed, '--defects', '0.2'))
      .stdout;

  it('writes the same bytes for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all(['1', '1', '2'].map(generate));
    expect(first).toBe(again);
    expect(first).not.toBe(other);
    expect(first!.trimEnd().split('\n').length).toBeGreaterThanOrEqual(51);
  });

  it('writes the same to a file', async () => {
    const file = place.file('sales.csv');
    const args = ['--rows', '50', '--seed', '1', '--defects', '0.2', '--out', file];
    expect(await place.json('generate', 'stockgrip.sales', ...args)).toEqual({ file, rows: 50 });
    expect(await readFile(file, 'utf8')).toBe(await generate('1'));
  });
});

describe('check', () => {
  const check = (...args: string[]) => place.run('check', 'recomart.users', ...args);

  it('prints the books, the reasons and the refused rows as JSON', async () => {
    expect(await place.json('check', 'recomart.users', place.file('users.csv'))).toEqual({
      ...books,
      reasons,
      rows: [{ row: 2, reasons: ['out_of_range:age'], raw: expect.stringContaining('"-31"') }],
    });
  });

  it('shows the first 1,000 refused rows, and all when asked', async () => {
    const lines = Array.from({ length: 1200 }, (_, i) => `${i},-1,F,Mobile\n`).join('');
    await writeFile(place.file('many.csv'), `user_id,age,gender,device\n${lines}`);
    const rows = async (...more: string[]) =>
      (await place.json<{ rows: unknown[] }>('check', 'recomart.users', place.file('many.csv'), ...more))
        .rows;
    expect(await rows()).toHaveLength(1000);
    expect(await rows('--all')).toHaveLength(1200);
  });

  it.each([
    ['0 for a file with refused rows', 0, ['users.csv']],
    ['3 for the same file with --strict', 3, ['users.csv', '--strict']],
    ['0 for a fine file with --strict', 0, ['fine.csv', '--strict']],
    ['1 for a file that is refused whole', 1, ['broken.csv']],
    ['2 for a file that is not there', 2, ['nothing.csv']],
  ])('exits with %s', async (_, expected, [file, ...more]) => {
    expect(await check(place.file(file!), ...more)).toMatchObject({ code: expected });
  });

  it('says the line of what no reader can split', async () => {
    await writeFile(place.file('split.csv'), 'user_id,age,gender,device\n1,30,F,Mobile\n2,30\n');
    const { rows } = await place.json<{ rows: unknown[] }>(
      'check',
      'recomart.users',
      place.file('split.csv'),
    );
    expect(rows).toEqual([{ row: null, line: 3, reasons: ['malformed_row'], raw: '2,30' }]);
  });
});

describe('infer', () => {
  it('prints a contract, and nothing else', async () => {
    const { code, stdout, stderr } = await place.run(
      'infer',
      place.file('users.csv'),
      '--name',
      'shop.users',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^import[\s\S]*export const users = contract\('shop\.users'[\s\S]*user_id: id\(\)/,
    );
  });
});

describe('before anything landed', () => {
  it('says so', async () => {
    expect(await place.json('deliveries')).toEqual([]);
    expect(await place.json('quarantine', 'recomart.users')).toEqual([]);
    expect((await place.run('deliveries')).stdout).toContain('wharf land');
    expect(await place.json('query', 'SELECT * FROM recomart.users')).toMatchObject({
      error: { code: 'query.failed', fix: expect.stringContaining('land a file first') },
    });
  });
});

describe('land and what can be seen afterwards', () => {
  const delivery = {
    delivery: expect.stringMatching(/^[0-9a-f]{24}$/),
    dataset: 'recomart.users',
    snapshot: expect.any(String),
    ms: expect.any(Number),
  };
  let landed: { delivery: string }[];

  beforeAll(async () => {
    await writeFile(place.file('again.csv'), good);
    const files = ['users.csv', 'broken.csv'].map(place.file);
    landed = await place.json('land', 'recomart.users', ...files);
    landed.push(...(await place.json<typeof landed>('land', 'recomart.users', place.file('again.csv'))));
  });

  it('gives each file its delivery, in the order of the files', () => {
    const none = { read: 0, accepted: 0, quarantined: 0, duplicate: 0, files: 0 };
    const key = (name: string) => `landing/recomart/users/${name}`;
    expect(landed).toEqual([
      {
        ...delivery,
        ...books,
        reasons,
        key: key('users.csv'),
        state: 'committed',
        files: expect.any(Number),
      },
      {
        ...{ ...delivery, ...none, key: key('broken.csv'), state: 'refused' },
        ...{ reasons: { empty_file: 1 }, snapshot: null },
      },
      {
        ...{ ...delivery, ...none, key: key('again.csv'), state: 'duplicate' },
        ...{ reasons: {}, snapshot: null, read: 5, duplicate: 5 },
      },
    ]);
  });

  it('exits with 3 when --strict and a row is refused, and prints a table to people', async () => {
    await writeFile(place.file('more.csv'), `${good}10,-1,F,Mobile\n`);
    const { code, stdout, stderr } = await place.run(
      'land',
      'recomart.users',
      place.file('more.csv'),
      '--strict',
    );
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout).toContain('✓ read 6 = accepted 3 + quarantined 2 + duplicate 1');
    expect(stdout).toContain('wharf quarantine recomart.users');
  });

  it('lists deliveries, the newest first, and shows one by its id', async () => {
    const listed = await place.json<{ delivery: string; key: string }[]>('deliveries');
    expect(listed).toHaveLength(4);
    expect(listed[0]!.key).toContain('more.csv');
    expect(await place.json('deliveries', landed[0]!.delivery)).toMatchObject({
      ...books,
      bytes: good.length,
    });
    expect((await place.run('deliveries')).stdout).toContain(landed[0]!.delivery);
    expect(await place.json('deliveries', '--limit', '1', '--dataset', 'recomart.users')).toHaveLength(1);
  });

  it('answers queries as a table, as JSON with numbers, and as CSV', async () => {
    const sql = `SELECT user_id, age, age * -1.50 AS d FROM recomart.users WHERE user_id = '007' AND _delivery = '${landed[0]!.delivery}'`;
    expect(await place.json('query', sql)).toEqual([{ user_id: '007', age: 30, d: -45 }]);
    expect((await place.run('query', sql, '--csv')).stdout).toBe('user_id,age,d\n007,30,-45.00\n');
    expect((await place.run('query', sql)).stdout).toMatch(
      /│ user_id │ age │\s+d │\n│ 007\s+│ {2}30 │ -45\.00 │/,
    );
  });

  it('keeps a spreadsheet from running a cell as a formula', async () => {
    const { stdout } = await place.run('query', "SELECT '=1+1' AS a, -2 AS b, 'x,\"y\"' AS c", '--csv');
    expect(stdout).toBe('a,b,c\n\'=1+1,-2,"x,""y"""\n');
  });

  it('shows refused rows by reason and delivery, and exports them with what was received', async () => {
    const all = await place.json<{ _delivery: string; reasons: string[]; received: string[]; raw: string }[]>(
      'quarantine',
      'recomart.users',
    );
    expect(all.map(({ received }) => received)).toEqual([['-31'], ['-31'], ['-1']]);
    const of = (...args: string[]) => place.json('quarantine', 'recomart.users', ...args);
    expect(await of('--delivery', landed[0]!.delivery)).toEqual([all[0]]);
    expect(await of('--reason', 'type_mismatch')).toEqual([]);
    expect(await of('--reason', 'out_of_range')).toEqual(all);
    const file = place.file('refused.ndjson');
    expect(await of('--export', file)).toEqual({ file, rows: 3 });
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(all);
    await of('--export', place.file('refused.csv'));
    expect(await readFile(place.file('refused.csv'), 'utf8')).toMatch(
      /^\ufeff_file,_row,_line,_why,user_id,.*\nlanding\/recomart\/users\/.*,2,,"?age: /,
    );
  });
});

describe('what a user gets wrong', () => {
  const wrong: [what: string, args: (p: Workplace) => string[], code: string, exit: number][] = [
    ['an unknown dataset', (p) => ['land', 'recomart.user', p.file('users.csv')], 'dataset.unknown', 2],
    ['a missing file', (p) => ['land', 'recomart.users', p.file('no.csv')], 'file.missing', 2],
    ['a folder for a file', (p) => ['land', 'recomart.users', p.dir], 'file.not_a_file', 2],
    [
      'two files of one name',
      (p) => ['land', 'recomart.users', p.file('fine.csv'), p.file('fine.csv')],
      'land.same_name',
      2,
    ],
    ['a folder to check', (p) => ['check', 'recomart.users', p.dir], 'file.not_a_file', 2],
    ['a folder to infer from', (p) => ['infer', p.dir], 'file.not_a_file', 2],
    [
      'a file with nothing in it to infer from',
      (p) => ['infer', p.file('broken.csv')],
      'infer.unreadable',
      1,
    ],
    ['no command there is', () => ['lnad'], 'usage.invalid', 2],
    ['a command without what it takes', () => ['land'], 'usage.invalid', 2],
    ['an option there is not', () => ['deliveries', '--newest'], 'usage.invalid', 2],
    ['a text for a number', () => ['deliveries', '--limit', 'all'], 'usage.invalid', 2],
    ['a port there is not', () => ['start', '--port', '99999'], 'usage.invalid', 2],
    ['a share above one', () => ['generate', 'recomart.users', '--defects', '2'], 'usage.invalid', 2],
    ['no day', () => ['generate', 'recomart.users', '--day', 'today'], 'generate.invalid_option', 2],
    [
      'a folder that is not there',
      () => ['generate', 'recomart.users', '--out', '/no/x.csv'],
      'file.missing',
      1,
    ],
    [
      'an unknown format',
      () => ['contract', 'recomart.users', '--format', 'avro'],
      'contract.unknown_format',
      2,
    ],
    ['an unknown delivery', () => ['deliveries', 'abc'], 'delivery.unknown', 2],
    [
      'the quarantine of an unknown delivery',
      () => ['quarantine', 'recomart.users', '--delivery', 'abc'],
      'delivery.unknown',
      2,
    ],
    ['no query', () => ['query', ' '], 'query.empty', 2],
    ['a query that is none', () => ['query', 'SELEC'], 'query.failed', 2],
    ['a file for the state', (p) => ['--state', p.file('users.csv'), 'deliveries'], 'file.no_folder', 1],
  ];

  it.each(wrong)('%s: has a code, says what, and how to mend it', async (_, args, code, exit) => {
    const ran = await place.run('--json', ...args(place));
    expect(ran).toMatchObject({ code: exit, stderr: '' });
    const { error } = JSON.parse(ran.stdout) as Failure;
    expect(error.code).toBe(code);
    // What DuckDB or the generator says of a text says itself what is allowed.
    const said = ['query.failed', 'generate.invalid_option'].includes(code) ? error.message : error.fix;
    expect(said).toMatch(/[a-z]/);
  });

  it('a name nearly right: says which was meant, in two lines, without a stack', async () => {
    const { stdout, stderr } = await place.run('land', 'recomart.user', 'x.csv');
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^error No dataset "recomart\.user" \[dataset\.unknown\]\n {2}fix Did you mean "recomart\.users"\?.*\n$/,
    );
  });
});

describe('help and colours', () => {
  it('asks for help are answered on standard output, with 0', async () => {
    const { code, stdout } = await place.run('--help');
    expect(code).toBe(0);
    for (const command of ['demo', 'start', 'land', 'check', 'infer', 'query', 'doctor'])
      expect(stdout).toContain(`\n  ${command} `);
  });

  it('has no colours where no terminal is, whatever the environment says', async () => {
    const { stdout } = await start(['--state', place.state, 'datasets'], { CI: '1', FORCE_COLOR: '1' }).ended;
    expect(stdout).not.toContain('\u001b');
  });
});

describe('fsck', () => {
  it('finds all well after everything above', async () => {
    const found = await place.json<{ findings: unknown[] }>('fsck');
    expect(found).toMatchObject({ datasets: datasets.length, findings: [] });
    const { code, stdout } = await place.run('fsck', 'recomart.users');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('All is well') });
  });
});
