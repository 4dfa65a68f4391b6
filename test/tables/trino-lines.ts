/** Files as Trino reads them on the distributed road: lines, told apart by nothing but their ends. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trino } from './trino-client.ts';

export const HIVE = 'lines';

/** A Hive catalog over a folder of this machine. */
export async function createLines(trino: Trino): Promise<void> {
  const properties = {
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': `local:///${HIVE}`,
    'hive.non-managed-table-writes-enabled': 'true',
    'fs.native-local.enabled': 'true',
    'local.location': trino.dir,
  };
  const set = Object.entries(properties).map(([key, value]) => `"${key}" = '${value}'`);
  await trino.query(`CREATE CATALOG ${HIVE} USING hive WITH (${set.join(', ')})`);
  await trino.query(`CREATE SCHEMA ${HIVE}.files`);
}

/** Shows a text as a table of lines. @returns `SELECT` of `(_row, line)` */
export async function linesOf(trino: Trino, name: string, text: string): Promise<string> {
  const folder = join('texts', name);
  await mkdir(join(trino.dir, folder), { recursive: true });
  await writeFile(join(trino.dir, folder, 'file'), text);
  const table = `${HIVE}.files.${name}`;
  const options = [
    `external_location = 'local:///${folder}'`,
    // Other formats of text have a mark for null, or for the end of a column.
    "format = 'REGEX', regex = '(?s)(.*)'",
  ];
  await trino.query(`CREATE TABLE ${table} (line VARCHAR) WITH (${options.join(', ')})`);
  return `SELECT row_number() OVER () AS _row, line FROM ${table}`;
}
