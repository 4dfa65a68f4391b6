/** What becomes of refused rows when they are judged again, without any cloud. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { quote } from '../../../core/contract/text.ts';
import { readFix, type WrittenFix } from '../../../core/replay/fix.ts';
import { users } from '../../../datasets/recomart/users.ts';
import { transactions } from '../../../datasets/retailos/transactions.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { rejudge } from '../../../platform/replay/judge.ts';

let dir: string;
let engine: Engine;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-rejudge-'));
  engine = await Engine.open({ dir, memoryMb: 300, confinedTo: [dir] });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(dir, { recursive: true });
});

type Refused = readonly [raw: string | object, reasons?: readonly string[]];

/** Judges rows again. @returns the records that pass, and the reasons of the others */
function again(written: WrittenFix, rows: readonly Refused[], contract = users) {
  return engine.session(async (session) => {
    const values = rows.map(([raw, reasons = []], i) => {
      const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
      return `(${i + 1}, 'origin', ${i + 1}, NULL::BIGINT, ${quote(text)}, [${reasons.map(quote).join(', ')}]::VARCHAR[])`;
    });
    await session.run(
      `CREATE TABLE picked AS SELECT * FROM (VALUES ${values.join(', ')}) t(n, origin, row, line, raw, reasons)`,
    );
    const { failing, passing } = await rejudge(session, contract, readFix(written, contract));
    const records = await session.rows('SELECT record FROM passing ORDER BY n');
    expect(records).toHaveLength(passing);
    return {
      passing: records.map(({ record }) => String(record)),
      failing: failing.map(({ reason, rows }) => `${reason} ${rows}`),
      examples: failing.flatMap(({ examples }) => examples.map(({ received }) => received)),
    };
  });
}

const user = (fields: object) => ({ user_id: '1', age: '30', gender: 'F', device: 'Mobile', ...fields });

describe('a record', () => {
  it('that a fix does not touch stays as it came, byte for byte', async () => {
    const raw = '{ "user_id":1,  "age": 30,"gender":"F","device":"Mobile", "more": 1.10 }';
    const { passing } = await again({ map: ['gender:X=F'], sql: [] }, [[raw]]);
    expect(passing).toEqual([raw]);
  });

  it.each<[string, WrittenFix, object, object]>([
    ['a constant', { set: ['age=40'] }, { age: '0' }, { age: '40' }],
    ['a value in the place of another', { map: ['gender:Female=F'] }, { gender: 'Female' }, { gender: 'F' }],
    ['a value where there was none', { map: ['gender:=F'] }, { gender: '' }, { gender: 'F' }],
    ['an expression over values', { sql: ['age = abs(age)'] }, { age: '-31' }, { age: '31' }],
    [
      'an expression over text',
      { sql: ["age = replace(text.age, ' years', '')"] },
      { age: '31 years' },
      { age: '31' },
    ],
    [
      'an expression over the record',
      { sql: ["age = raw ->> 'Alter'"] },
      { age: '', Alter: '33' },
      { age: '33' },
    ],
  ])('is mended by %s', async (_how, fix, before, after) => {
    const { passing, failing } = await again(fix, [[user(before)]]);
    expect(failing).toEqual([]);
    expect(JSON.parse(passing[0]!)).toMatchObject(user(after));
  });

  it('is found by the names its file had, whatever their case, and by a name that somebody gives', async () => {
    const raw = { 'User ID': '7', AGE: '30', Geschlecht: 'F', device: 'Mobile' };
    const { passing, failing } = await again({ map: ['header:Geschlecht=gender'] }, [[raw]]);
    expect({ passing: passing.map((text) => JSON.parse(text)), failing }).toEqual({
      passing: [raw],
      failing: [],
    });
    expect((await again({}, [[raw]])).failing).toEqual(['missing_required_value:gender 1']);
  });

  it('loses its column of another name when the field is set', async () => {
    const raw = { 'User ID': '7', AGE: '0', gender: 'F', device: 'Mobile' };
    const { passing } = await again({ set: ['age=30'] }, [[raw]]);
    expect(JSON.parse(passing[0]!)).toEqual({ 'User ID': '7', gender: 'F', device: 'Mobile', age: '30' });
  });

  it('that no reader could split can be written anew', async () => {
    const line = '9,30,F,"Mobile';
    expect((await again({}, [[line, ['malformed_row']]])).failing).toEqual(['malformed_row 1']);
    expect((await again({ set: ['age=30'] }, [[line]])).failing).toEqual(['malformed_row 1']);
    const parts = ['user_id', 'age', 'gender'].map((name, i) => `'${name}', split_part(raw, ',', ${i + 1})`);
    const sql = `raw = json_object(${parts.join(', ')}, 'device', 'Mobile')`;
    const { passing } = await again({ sql: [sql] }, [[line]]);
    expect(passing.map((text) => JSON.parse(text))).toEqual([user({ user_id: '9' })]);
  });
});

describe('judging again', () => {
  it('says for each reason how many rows still fail', async () => {
    const rows = [user({ age: '0' }), user({ age: '-1', gender: 'X' }), user({ user_id: '2' })];
    const { passing, failing, examples } = await again(
      {},
      rows.map((row): Refused => [row]),
    );
    expect(passing).toHaveLength(1);
    expect(failing).toEqual(['out_of_range:age 2', 'not_in_enum:gender 1']);
    expect(examples).toEqual(['0', '-1', 'X']);
  });

  it('never tells the value of a field with personal data', async () => {
    const contract = {
      ...users,
      fields: users.fields.map((f) => (f.name === 'age' ? { ...f, pii: 'direct' as const } : f)),
    };
    const { failing, examples } = await again({}, [[user({ age: '0' })]], contract);
    expect({ failing, examples }).toEqual({ failing: ['out_of_range:age 1'], examples: [null] });
  });

  it('keeps back what repeats another row, until the fix changes what it repeats', async () => {
    const rows: Refused[] = [[user({ user_id: '5' }), ['duplicate_key']]];
    expect(users.key).toEqual(['user_id']);
    expect((await again({ set: ['age=31'] }, rows)).failing).toEqual(['duplicate_key 1']);
    expect((await again({ set: ['user_id=6'] }, rows)).failing).toEqual([]);
    const same: Refused[] = [[user({}), ['duplicate_row']]];
    expect((await again({}, same)).failing).toEqual(['duplicate_row 1']);
    expect((await again({ set: ['user_id=6'] }, same)).failing).toEqual([]);
  });

  it('finds what repeats among the rows themselves', async () => {
    const rows: Refused[] = [[user({ age: '0' })], [user({ age: '-1' })]];
    const { passing, failing } = await again({ sql: ['age = greatest(abs(age), 30 + abs(age))'] }, rows);
    expect({ passing: passing.length, failing }).toEqual({ passing: 1, failing: ['duplicate_key 1'] });
  });
});

describe('an expression', () => {
  it.each([
    ['reads a file', "(SELECT content FROM read_text('/etc/hostname'))"],
    ['reads a file by its name', "(SELECT count(*) FROM '/etc/passwd')"],
    ['reads another table', '(SELECT count(*) FROM picked)'],
    ['looks into the engine', '(SELECT value FROM duckdb_settings() LIMIT 1)'],
    ['asks for a setting', "current_setting('temp_directory')"],
    ['asks for a variable', "getvariable('repeats_drop')"],
    ['asks for the environment', "getenv('HOME')"],
    ['is two statements', "1; COPY (SELECT 1) TO '/tmp/out.csv'"],
    ['ends its statement and begins another', '1) FROM picked; DROP TABLE picked; SELECT (1'],
    ['has a FROM', '1 FROM picked'],
    ['has a WHERE', '1 WHERE true'],
    ['is two columns', '1, 2'],
    ['hides a second one in a comment', 'age -- \n, (SELECT 1)'],
    ['counts over all rows', 'count(*)'],
    ['sums over all rows', 'sum(age)'],
    ['looks at other rows', 'lag(age) OVER ()'],
    ['names all columns', '*'],
    ['is a parameter', '$1'],
    ['names a column by its place', '#1'],
    ['names what is no field', 'agee + 1'],
    ['names a column of the machinery', '"wharf n"'],
    ['names a table', 'picked.n'],
    ['calls what is random', 'random()'],
    ['calls a function by its schema', 'main.abs(age)'],
    ['fills the memory', "repeat('x', 1000000000)"],
    ['is no SQL', 'abs('],
    ['does not fit its fields', 'age + text'],
    ['fails on a value', 'CAST(text.gender AS INTEGER)'],
  ])('that %s is refused', async (_what, sql) => {
    const told = await again({ sql: [`age = ${sql}`] }, [[user({})]]).catch((error) => error);
    expect(told).toMatchObject({ code: 'replay.invalid_sql', route: 'usage' });
    expect(told.message).not.toContain('"F"');
    expect(told.message).not.toContain("'F'");
  });

  it('could touch nothing but its own folder, were it let through', async () => {
    await engine.session(async (session) => {
      for (const sql of [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/wharf-must-not-be.csv'",
        "ATTACH '/tmp/wharf-must-not-be.db'",
        'SET enable_external_access = true',
        'INSTALL httpfs',
      ])
        await expect(session.run(sql)).rejects.toThrow(/Permission|Cannot|disabled/);
    });
  });

  it('works on money and moments by their types', async () => {
    const row = { transaction_id: 'T1', customer_id: 'C', quantity: '-2', unit_price: '3.50' };
    const { failing } = await again(
      { sql: ['quantity = abs(quantity)', "timestamp = strptime(raw ->> 'day', '%d.%m.%Y')"] },
      [[{ ...row, day: '31.1.2025' }]],
      transactions,
    );
    expect(failing.filter((reason) => /quantity|timestamp/.test(reason))).toEqual([]);
  });
});
