/**
 * `npm run test:tables [-- pyiceberg|openlineage|schemathesis|trino]`: programs that nobody here wrote judge what others see of us.
 * pyiceberg compares every table of a demo run, tables of difficult values and every partition transform with what we say
 * of them, writes to one, and reads on; Trino reads them too, and what it reads is compared in the same way. Then Trino
 * judges files by the SQL our contracts compile to, and its verdicts are compared with DuckDB's. What we tell of runs
 * OpenLineage's own client judges, and what the API answers schemathesis.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCloud } from '../pipeline/support.ts';
import { judgeApi } from './api.ts';
import { type Job, withDemo } from './demo.ts';
import { guestContract, judgeGuest } from './guest.ts';
import { withHard } from './landed.ts';
import { judgeLineage } from './lineage.ts';
import { makeVenv, python } from './python.ts';
import { judgeTrino, judgeTrinoSql } from './trino.ts';

const dir = await mkdtemp(join(tmpdir(), 'wharf-tables-'));
const judge = async (job: Job): Promise<boolean> => {
  const file = join(dir, 'job.json');
  await writeFile(file, JSON.stringify(job));
  return python('referee.py', file);
};

/** A second writer at one of our tables. */
async function withGuest(): Promise<boolean> {
  await using cloud = await testCloud({ contracts: [guestContract] });
  return await judgeGuest(cloud, dir);
}

interface Stage {
  readonly reader: 'pyiceberg' | 'openlineage' | 'schemathesis' | 'trino';
  readonly title: string;
  run(): Promise<boolean>;
}

const stages: readonly Stage[] = [
  { reader: 'pyiceberg', title: 'The demo, and three more days', run: () => withDemo(dir, judge) },
  {
    reader: 'pyiceberg',
    title: 'Difficult values, and every way of partitioning',
    run: () => withHard(dir, judge),
  },
  { reader: 'pyiceberg', title: 'A second writer', run: withGuest },
  { reader: 'openlineage', title: 'OpenLineage judges what we tell it', run: () => judgeLineage(dir) },
  { reader: 'schemathesis', title: 'The API, as its document says', run: () => judgeApi(dir) },
  { reader: 'trino', title: 'Trino, the engine inside Athena', run: () => judgeTrino(dir) },
  { reader: 'trino', title: 'Trino judges as DuckDB does', run: () => judgeTrinoSql(dir) },
];

const asked = process.argv[2];
const chosen = stages.filter(({ reader }) => !asked || reader === asked);
if (chosen.length === 0)
  throw new Error(
    `No reader "${asked}": name pyiceberg, openlineage, schemathesis or trino, or none for all`,
  );

// A SIGTERM by itself would leave the servers of the stages behind: they end with `exit`.
process.once('SIGTERM', () => process.exit(143));

try {
  if (chosen.some(({ reader }) => reader !== 'trino')) makeVenv();
  for (const { title, run } of chosen) {
    console.log(`\n${title}`);
    if (!(await run())) process.exitCode = 1;
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
