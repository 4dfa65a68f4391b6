/** The Trino stage: the engine inside Athena reads what Wharf writes. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lake } from '../../platform/query.ts';
import { testCloud } from '../pipeline/support.ts';
import { type Judge, withDemo } from './demo.ts';
import { withHard } from './landed.ts';
import { s3Properties } from './table.ts';
import { allAgree, type Check, plain } from './trino-check.ts';
import type { Trino } from './trino-client.ts';
import { eventsContract, judgeEvents } from './trino-events.ts';
import { evolvedContracts, judgeHistory } from './trino-history.ts';
import { findJava, JAVA } from './trino-install.ts';
import { judgeRoad } from './trino-road.ts';
import { startTrino } from './trino-server.ts';
import { judgeStatus } from './trino-status.ts';
import { judgeTable } from './trino-table.ts';
import { judgeVerdicts } from './trino-verdicts.ts';

/** @returns whether all agrees, or nothing could be asked: the line says so */
async function withTrino(
  own: string,
  judge: (trino: Trino, own: string) => Promise<boolean>,
): Promise<boolean> {
  const java = findJava();
  if (!java) {
    console.log(`– skipped: Trino runs on a JDK ${JAVA} or newer, and there is none (JAVA_HOME names one)`);
    return true;
  }
  await mkdir(own, { recursive: true });
  await using trino = await startTrino(java, join(own, 'server'));
  return await judge(trino, own);
}

/** What Trino reads of our tables. */
export const judgeTrino = (dir: string): Promise<boolean> => withTrino(join(dir, 'trino'), judgeReading);

/** What Trino makes of files, by the SQL our contracts compile to. */
export const judgeTrinoSql = (dir: string): Promise<boolean> =>
  withTrino(join(dir, 'trino-sql'), async (trino) => {
    const road = await judgeRoad(trino);
    return (await judgeVerdicts(trino)) && road;
  });

async function judgeReading(trino: Trino, own: string): Promise<boolean> {
  /** Judges tables in a catalog of their own. */
  const tablesIn =
    (catalog: string): Judge =>
    async ({ tables, properties }, lake) => {
      await trino.createCatalog(catalog, properties);
      let ok = true;
      for (const table of tables) ok = (await judgeTable({ trino, catalog, lake, table })) && ok;
      return ok;
    };
  const demo = await withDemo(own, async (job, lake) => {
    const ok = await tablesIn('demo')(job, lake);
    return (await allAgree(await documented(trino, lake))) && ok;
  });
  const hard = await withHard(own, tablesIn('hard'));
  return (await judgeCases(trino, own)) && hard && demo;
}

async function judgeCases(trino: Trino, dir: string): Promise<boolean> {
  // The list itself, which changes under way.
  evolvedContracts.push(eventsContract);
  await using cloud = await testCloud({ contracts: evolvedContracts });
  await trino.createCatalog('cases', s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials));
  const history = await judgeHistory(trino, 'cases', cloud, dir);
  const status = await judgeStatus(trino, 'cases', cloud);
  return (await judgeEvents(trino, 'cases', cloud, dir)) && history && status;
}

/** Documents that show queries. */
const documents = ['README.md', 'docs/start.md'];

/** Every query our documents show gives the same in Trino, word for word. */
async function documented(trino: Trino, lake: Lake): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const document of documents) {
    const queries = [...(await readFile(document, 'utf8')).matchAll(/wharf query "([^"]+)"/g)];
    checks.push([`${document} shows queries`, async () => [true, queries.length > 0]]);
    for (const [, sql = ''] of queries)
      checks.push([
        sql,
        async () => {
          const ours = (await lake.query(sql)).rows.map((row) => Object.values(row));
          const theirs = (await trino.query(sql.replaceAll(/\bFROM /g, 'FROM demo.'))).rows;
          const words = (rows: readonly (readonly unknown[])[]): string[] => {
            const said = rows.map((row) => row.map((value) => plain('string', value)).join(' '));
            return /\bORDER BY\b/.test(sql) ? said : said.sort();
          };
          return [words(ours), words(theirs)];
        },
      ]);
  }
  return checks;
}
