/** What has become of refused rows, by the query that `wharf quarantine` and Athena share. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusedViewEntry } from '../../core/documents/refused-view.ts';
import { noFix } from '../../core/replay/model.ts';
import { statusSql } from '../../core/replay/status.ts';
import { users } from '../../datasets/recomart/users.ts';
import { quarantineTable } from '../../platform/ingest/schemas.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { discard, replay } from '../../platform/replay/replay.ts';
import type { TestCloud } from '../pipeline/support.ts';
import { allAgree, plain } from './trino-check.ts';
import type { Trino } from './trino-client.ts';

interface Kept {
  readonly viewOriginalText: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tableType: string;
}

/** What stands in the text of a view. */
const viewIn = (text: string): { originalSql: string; columns: { name: string; type: string }[] } =>
  JSON.parse(Buffer.from(text.split(' ')[3]!, 'base64').toString());

const columns = '_delivery, _row, line, status, released_by, released_because';

/** `catalog` is Trino's over the cloud's S3. */
export async function judgeStatus(trino: Trino, catalog: string, cloud: TestCloud): Promise<boolean> {
  const body = 'user_id,age,gender,device\n1,0,F,Mobile\n2,30,X,Mobile\n3,30,F,"Mobile\n4,30,Y,Mobile\n';
  await cloud.land(users.name, 'status.csv', body);
  const { env } = cloud;
  const deps = {
    ...{ ...cloud, limits: defaultLimits, memoryMb: 300 },
    ...{ lakeBucket: env.WHARF_LAKE_BUCKET!, tmp: env.WHARF_TMP! },
  };
  const common = { contract: users, by: 'referee', dryRun: false };
  await replay(
    { ...common, selection: { reason: 'out_of_range' }, fix: { ...noFix, set: { age: '9' } } },
    deps,
  );
  await cloud.idle();
  await discard({ ...common, selection: { reason: 'malformed_row' }, why: 'nobody knows' }, deps);
  await cloud.idle();
  const table = quarantineTable(users.name);
  await trino.register(catalog, table, (await cloud.catalog.current(table))!);
  const sql = (from: string) =>
    `SELECT ${columns} FROM (${statusSql(from)}) AS refused ORDER BY status, line, _row`;
  const words = (rows: readonly (readonly unknown[])[]) =>
    rows.map((row) => row.map((one) => plain('string', one)));
  const [database = '', dataset = ''] = users.name.split('.');
  return allAgree([
    [
      'the view of them that Glue has is one that Trino would write, and reads',
      async () => {
        const view = refusedViewEntry(dataset, database, catalog);
        const { originalSql, columns: typed } = viewIn(view.viewOriginalText);
        const from = `${catalog}.${database}.${view.name}`;
        await trino.query(
          `CREATE VIEW ${from} AS ${originalSql.replaceAll(`"${database}"`, `${catalog}."${database}"`)}`,
        );
        const file = join(trino.dir, catalog, database, view.name, '.trinoSchema');
        const kept = JSON.parse(await readFile(file, 'utf8')) as Kept;
        const { viewOriginalText, parameters, tableType } = kept;
        // Its own view takes the text of ours.
        await writeFile(file, JSON.stringify({ ...kept, viewOriginalText: view.viewOriginalText }));
        const { rows } = await trino.query(`SELECT ${columns} FROM ${from} ORDER BY status, line, _row`);
        const ours = (await cloud.rows(sql(table))).map((row) => Object.values(row));
        return [
          [typed, view.tableType, view.parameters.presto_view, words(ours)],
          [viewIn(viewOriginalText).columns, tableType, parameters.presto_view, words(rows)],
        ];
      },
    ],
    [
      'the status of refused rows is the one `wharf quarantine` shows',
      async () => {
        const ours = (await cloud.rows(sql(table))).map((row) => Object.values(row));
        return [words(ours), words((await trino.query(sql(`${catalog}.${table}`))).rows)];
      },
    ],
    [
      'some rows are open, some replayed, some discarded',
      async () => {
        const found = await cloud.rows(`SELECT DISTINCT status FROM (${sql(table)}) ORDER BY status`);
        return [['discarded', 'open', 'replayed'], found.map(({ status }) => status)];
      },
    ],
  ]);
}
