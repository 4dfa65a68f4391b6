/** Lines DuckDB could not split, with the numbers they have in the file: it counts records, people count lines. */
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { quote } from '../../core/contract/text.ts';
import type { Session } from './duckdb.ts';
import type { Part } from './source.ts';

const CHUNK = 1 << 20;
const LINE_END = 10;
/** More than a line can take that was kept: 16 MB, every byte of it escaped. */
const LONGEST = 100 << 20;

/** `SELECT` of the lines in an NDJSON file of `{ line, raw }`. The reader sets aside twice what a line may take. */
export async function linesSql(path: string): Promise<string> {
  const { size } = await stat(path);
  return `SELECT line, raw FROM read_json(${quote(path)}, format = 'newline_delimited', columns = {'line': 'BIGINT', 'raw': 'VARCHAR'}, maximum_object_size = ${Math.min(Math.max(size, CHUNK), LONGEST)})`;
}

/** Line ends before each of the offsets, which ascend, and in the whole file. */
async function countLineEnds(path: string, offsets: readonly number[]): Promise<number[]> {
  const counts: number[] = [];
  let [start, found] = [0, 0];
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(LINE_END); at !== -1; at = chunk.indexOf(LINE_END, at + 1)) {
      while (offsets[counts.length]! <= start + at) counts.push(found);
      found++;
    }
    start += chunk.length;
  }
  while (counts.length <= offsets.length) counts.push(found);
  return counts;
}

/** `SELECT`s of what the session's last scan, which was of this part, put into `reject_errors`. */
export async function rejectedLines(session: Session, part: Part): Promise<string[]> {
  // The client drops a byte order mark that a text begins with; behind a bar it stays.
  const found = await session.rows(
    "SELECT line_byte_position - 1 AS start, any_value('|' || csv_line) AS raw FROM reject_errors GROUP BY line_byte_position ORDER BY start",
  );
  if (found.length === 0) return [];
  const rejected = found.map(({ start, raw }) => ({ start, raw: String(raw).slice(1) }));
  const before = await Promise.all(part.piecesBefore.map((path) => countLineEnds(path, [])));
  const first = 1 + before.reduce((sum, [count]) => sum + count!, 0);
  // Blank lines before a rejected line come with it.
  const starts = rejected.map(({ start, raw }) => Number(start) + raw.search(/[^\r\n]|$/));
  const own = await countLineEnds(part.path, starts);
  const lines = rejected.map(({ raw }, i) =>
    JSON.stringify({ line: first + own[i]!, raw: raw.replace(/^[\r\n]+|[\r\n]+$/g, '') }),
  );
  const path = `${part.path}.rejected`;
  await writeFile(path, `${lines.join('\n')}\n`);
  return [await linesSql(path)];
}
