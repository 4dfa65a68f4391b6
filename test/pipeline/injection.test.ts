/** Names and values that mean something elsewhere: here they are names and values. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, text } from '../../core/contract/fields.ts';
import { identity } from '../../core/contract/partition.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { books, type TestCloud, testCloud } from './support.ts';

const rows = contract('attacks.rows', {
  describe: 'Whatever it says.',
  row: z.object({ id: id(), town: text() }),
  key: ['id'],
  partitionBy: identity('town'),
});

let folder: string;
let cloud: TestCloud;
let loot: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-injection-'));
  loot = join(folder, 'loot');
  cloud = await testCloud({ contracts: [rows] });
}, 60_000);
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What would leave a file behind if any of it were run as SQL. */
const attacks = (): string[] => {
  const copy = `COPY (SELECT 1) TO '${loot}'`;
  return [
    `'); ${copy}; --`,
    `"; ${copy}; --`,
    `x" FROM (SELECT 1); ${copy}; --`,
    `\${${copy}}`,
    `$$; ${copy}; $$`,
    "\\'; SELECT 1; --",
    '*/ ; SELECT 1; /*',
    '{{7*7}}',
  ];
};

const csvCell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
/** As many columns that nobody knows are taken for another file's altogether. */
const HALF = 4;

/** A row with attacks as the names and the values of columns, one as its key, and one as its partition. */
const hostileRow = (id: string): Record<string, string> => ({
  id: `${attacks()[0]}${id}`,
  town: `../../../../${attacks()[1]}`,
  ...Object.fromEntries(
    attacks()
      .slice(...(id.endsWith('2') ? [HALF] : [0, HALF]))
      .map((text) => [text, text]),
  ),
});

const formats: readonly (readonly [name: string, body: (id: string) => Promise<string | Buffer> | string])[] =
  [
    [
      'csv',
      (id) => {
        const row = hostileRow(id);
        return [Object.keys(row), Object.values(row)].map((cells) => cells.map(csvCell).join(',')).join('\n');
      },
    ],
    ['json', (id) => JSON.stringify([hostileRow(id)])],
    ['ndjson', (id) => JSON.stringify(hostileRow(id))],
    ['parquet', parquet],
  ];

async function parquet(id: string): Promise<Buffer> {
  using engine = await Engine.open({ dir: folder, memoryMb: 100 });
  const path = join(folder, 'made.parquet');
  const columns = Object.entries(hostileRow(id)).map(
    ([name, value]) => `'${value.replaceAll("'", "''")}' AS "${name.replaceAll('"', '""')}"`,
  );
  await engine.session((session) =>
    session.run(`COPY (SELECT ${columns.join(', ')}) TO '${path}' (FORMAT parquet)`),
  );
  return readFile(path);
}

describe('SQL', () => {
  const files = formats.flatMap(([format, body]) =>
    ['1', '2'].map((half) => [format, `${format}${half}`, body] as const),
  );

  it.each(files)(
    'in names and values of a %s file (%s) is kept as it is, and not run',
    async (format, which, body) => {
      const name = `a'; COPY (SELECT 1) TO 'loot'; --${which}.${format}`;
      const delivery = await cloud.land(rows.name, name, await body(which));
      expect(books(delivery)).toMatchObject({ state: 'committed', read: 1, accepted: 1, balanced: true });
      const [row] = await cloud.rows(
        `SELECT id, town, _rescued FROM attacks.rows WHERE _delivery = '${delivery.delivery}'`,
      );
      const { id, town, ...others } = hostileRow(which);
      expect(row).toMatchObject({ id, town });
      expect(JSON.parse(String(row?._rescued))).toEqual(others);
      await expect(access(loot)).rejects.toThrow('ENOENT');
    },
  );

  it('in the name of a dataset is refused before anything is asked', async () => {
    const key = `landing/attacks/rows"; DROP SCHEMA main; --/a.csv`;
    await cloud.put(key, 'user_id\n1\n');
    await cloud.idle();
    const [refused] = await cloud.deliveries('attacks.rows"; DROP SCHEMA main; --');
    expect(refused).toMatchObject({ state: 'refused', key });
  });
});

describe('names every object has', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

  it.each([
    ['csv', () => `id,town,${names.join(',')}\np1,x,${names.map(() => 'x').join(',')}\n`],
    ['ndjson', () => `{"id":"p2","town":"x",${names.map((name) => `"${name}":"x"`).join(',')}}`],
    ['ndjson', () => '{"id":"p3","town":"x","__proto__":{"polluted":"yes"}}'],
  ])('are columns like others in %s', async (format, body) => {
    const text = body();
    const delivery = await cloud.land(rows.name, `${text.length}.${format}`, text);
    expect(books(delivery)).toMatchObject({ state: 'committed', accepted: 1, balanced: true });
    const [row] = await cloud.rows(
      `SELECT _rescued FROM attacks.rows WHERE _delivery = '${delivery.delivery}'`,
    );
    expect(row?._rescued).toContain('__proto__');
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

it('an archive is not unpacked: a link in it leads nowhere', async () => {
  const archive = join(folder, 'links.tar.gz');
  await symlink('/etc/hosts', join(folder, 'rows.csv'));
  execFileSync('tar', ['-czf', archive, '-C', folder, 'rows.csv']);
  const { state, read, accepted } = await cloud.land(rows.name, 'links.tar.gz', await readFile(archive));
  expect({ state, read, accepted }).toEqual({ state: 'refused', read: 0, accepted: 0 });
});

it('the engine reads nothing over the network, and fetches no extension', async () => {
  let asked = 0;
  const server = createServer((_, response) => response.end(`${++asked}`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.csv`;
  try {
    using engine = await Engine.open({ dir: folder, memoryMb: 100 });
    await engine.session(async (session) => {
      for (const sql of [
        `FROM read_text('${url}')`,
        `FROM read_csv('${url}')`,
        `FROM '${url}'`,
        "FROM 's3://a/b.parquet'",
      ])
        await expect(session.rows(sql)).rejects.toThrow(/httpfs|extension/i);
      const settings = await session.rows(
        "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%_known_extensions' ORDER BY name",
      );
      expect(settings.map(({ value }) => value)).toEqual(['false', 'false']);
    });
    expect(asked).toBe(0);
  } finally {
    server.close();
  }
});
