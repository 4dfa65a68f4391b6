/** The generator knows what becomes of each of its rows: the engine, which does not know it, comes to the same counts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id, int } from '../../../core/contract/fields.ts';
import type { Contract, DuplicatePolicy } from '../../../core/contract/model.ts';
import { type DefectName, defectNames, outcomeOf } from '../../../core/generate/defects.ts';
import { generateRows, generateText } from '../../../core/generate/generate.ts';
import { datasets } from '../../../datasets/index.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { judge } from '../../../platform/engine/judge.ts';
import { openSource } from '../../../platform/engine/source.ts';
import type { Fetched } from '../../../platform/fetch/index.ts';

const options = { rows: 2000, seed: 5, defects: 0.3 };

let dir: string;
let engine: Engine;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-outcomes-'));
  engine = await Engine.open({ dir, memoryMb: 300, threads: 1 });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(dir, { recursive: true, force: true });
});

function expected(c: Contract, kinds: readonly DefectName[]) {
  const counts = { read: options.rows, accepted: 0, quarantined: 0, duplicate: 0 };
  for (const { defect } of generateRows(c, { ...options, kinds })) counts[outcomeOf(c, defect)]++;
  return counts;
}

async function judged(c: Contract, format: 'csv' | 'ndjson') {
  const text = [...generateText(c, { ...options, format })].join('');
  const path = join(dir, `${c.name}.${format}`);
  await writeFile(path, text);
  const shape =
    format === 'csv'
      ? {
          delimiter: ',',
          quote: '"',
          encoding: 'utf-8',
          header: text.slice(0, text.indexOf('\n')).split(','),
        }
      : { lines: 'native' };
  const file = { format, path, bytes: text.length, sha256: '', ...shape } as unknown as Fetched;
  return engine.session(async (session) =>
    judge(session, c, await openSource(session, c, file, { rowBytes: 1 << 20, threads: 1 })),
  );
}

describe.each(datasets.map((c) => [c.name, c] as const))('spoiled %s', (_, c) => {
  it('ends in a CSV file as the generator says', async () => {
    expect(await judged(c, 'csv')).toMatchObject(expected(c, defectNames));
  });

  it('ends in a file of JSON lines as the generator says', async () => {
    const kinds = defectNames.filter((kind) => kind !== 'malformed_line');
    expect(await judged(c, 'ndjson')).toMatchObject(expected(c, kinds));
  });
});

const policies: readonly DuplicatePolicy[] = ['drop', 'quarantine', 'keep'];

it.each(policies.flatMap((rows) => policies.map((keys) => ({ rows, keys }))))(
  'knows what becomes of duplicates under %j',
  async (duplicates) => {
    const c = contract('test.parcels', {
      describe: 'X.',
      row: z.object({ parcel_id: id(), grams: int({ min: 1, max: 100_000 }) }),
      key: ['parcel_id'],
      duplicates,
    });
    expect(await judged(c, 'csv')).toMatchObject(expected(c, defectNames));
  },
);
