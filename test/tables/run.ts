/**
 * `npm run test:tables`: readers that nobody here wrote open our tables. pyiceberg compares every table of a demo run,
 * tables of difficult values and every partition transform with what we say of them, writes to one, and reads on.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCloud } from '../pipeline/support.ts';
import { withDemo } from './demo.ts';
import { guestContract, judgeGuest } from './guest.ts';
import { hardTables } from './hard.ts';
import { makeVenv, python } from './python.ts';
import { describeTable, s3Properties, tablesOf } from './table.ts';
import { judgeTrino } from './trino.ts';

const dir = await mkdtemp(join(tmpdir(), 'wharf-tables-'));
const judge = async (job: object): Promise<boolean> => {
  const file = join(dir, 'job.json');
  await writeFile(file, JSON.stringify(job));
  return python('referee.py', file);
};

/** A second writer at one of our tables. */
async function withGuest(): Promise<boolean> {
  await using cloud = await testCloud({ contracts: [guestContract] });
  return await judgeGuest(cloud, dir);
}

/** Lands the difficult tables in a cloud of their own and has them judged. */
async function judgeHard(): Promise<boolean> {
  await using cloud = await testCloud({ contracts: hardTables.map(({ contract }) => contract) });
  const tables = [];
  for (const { contract, deliveries } of hardTables) {
    const books = { accepted: 0, quarantined: 0 };
    for (const [i, body] of deliveries.entries()) {
      const landed = await cloud.land(contract.name, `${i}.ndjson`, body);
      books.accepted += landed.accepted;
      if (landed.read !== landed.accepted)
        throw new Error(`${contract.name}: ${landed.state}, ${JSON.stringify(landed.reasons)}`);
    }
    const [ought] = tablesOf(contract, books);
    tables.push({
      ...(await describeTable(ought!, cloud, dir)),
      edges: contract.partitionBy.length ? 3 : 8,
    });
  }
  const properties = s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials);
  return await judge({ tables, properties });
}

const only = process.argv[2];
const stages: Readonly<Record<string, () => Promise<boolean>>> = {
  'The demo, and three more days': () => withDemo(dir, judge),
  'Difficult values, and every way of partitioning': judgeHard,
  'A second writer': withGuest,
  'Trino, the engine inside Athena': () => judgeTrino(dir),
};

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
