/**
 * `npm run test:tables`: readers that nobody here wrote open our tables. pyiceberg compares every table of a demo run,
 * tables of difficult values and every partition transform with what we say of them, writes to one, and
 * reads on; Trino reads them too, and what it reads is compared in the same way. Then Trino judges files by the SQL our
 * contracts compile to, and its verdicts are compared with DuckDB's.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCloud } from '../pipeline/support.ts';
import { type Job, withDemo } from './demo.ts';
import { guestContract, judgeGuest } from './guest.ts';
import { withHard } from './landed.ts';
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

const only = process.argv[2];
const stages: Readonly<Record<string, () => Promise<boolean>>> = {
  'The demo, and three more days': () => withDemo(dir, judge),
  'Difficult values, and every way of partitioning': () => withHard(dir, judge),
  'A second writer': withGuest,
  'Trino, the engine inside Athena': () => judgeTrino(dir),
  'Trino judges as DuckDB does': () => judgeTrinoSql(dir),
};

// A SIGTERM by itself would leave the servers of the stages behind: they end with `exit`.
process.once('SIGTERM', () => process.exit(143));

try {
  makeVenv();
  for (const [title, stage] of Object.entries(stages)) {
    if (only && !title.startsWith(only)) continue;
    console.log(`\n${title}`);
    if (!(await stage())) process.exitCode = 1;
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
