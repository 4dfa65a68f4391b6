/** The Trino stage: the engine inside Athena reads what Wharf writes. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lake } from '../../platform/query.ts';
import { withDemo } from './demo.ts';
import { agree, plain } from './trino-check.ts';
import { findJava, JAVA } from './trino-install.ts';
import { startTrino, type Trino } from './trino-server.ts';
import { judgeTable } from './trino-table.ts';

/** @returns whether all agrees, or nothing could be asked: the line says so */
export async function judgeTrino(dir: string): Promise<boolean> {
  const java = findJava();
  if (!java) {
    console.log(`– skipped: Trino runs on a JDK ${JAVA} or newer, and there is none (JAVA_HOME names one)`);
    return true;
  }
  const own = join(dir, 'trino');
  await mkdir(own, { recursive: true });
  await using trino = await startTrino(java, join(own, 'server'));
  let ok = true;
  ok =
    (await withDemo(own, async ({ tables, properties }, lake) => {
      await trino.createCatalog('demo', properties);
      let all = true;
      for (const table of tables) all = (await judgeTable({ trino, catalog: 'demo', lake, table })) && all;
      return (await judgeQueries(trino, lake)) && all;
    })) && ok;
  return ok;
}

/** Documents that show queries. */
const documents = ['README.md', 'docs/start.md'];

/** Every query our documents show gives the same in Trino, word for word. */
async function judgeQueries(trino: Trino, lake: Lake): Promise<boolean> {
  let ok = true;
  for (const document of documents) {
    const page = await readFile(document, 'utf8');
    const queries = [...page.matchAll(/wharf query "([^"]+)"/g)].map(([, sql]) => sql!);
    ok = (await agree(`${document} shows a query`, async () => [true, queries.length > 0])) && ok;
    for (const sql of queries)
      ok =
        (await agree(sql, async () => {
          const ours = (await lake.query(sql)).rows.map((row) => Object.values(row));
          const theirs = (await trino.query(sql.replace(/ FROM /, ' FROM demo.'))).rows;
          const words = (rows: readonly (readonly unknown[])[]) => {
            const said = rows.map((row) => row.map((value) => plain('string', value)).join(' '));
            return / ORDER BY /.test(sql) ? said : said.sort();
          };
          return [words(ours), words(theirs)];
        })) && ok;
  }
  return ok;
}
