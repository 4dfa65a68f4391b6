/** A Parquet file as a source: fetching has made texts of all its values, and JSON of lists and structures. */
import type { Contract } from '../../core/contract/model.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { type Column, columnar } from './columnar.ts';
import type { Session } from './duckdb.ts';
import type { Source } from './source.ts';

export async function parquet(
  contract: Contract,
  file: Fetched & { format: 'parquet' },
  session: Session,
): Promise<Source> {
  const read = `read_parquet(${quote(file.path)})`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${read}`);
  const columns = described.map(
    ({ column_name, column_type }, i): Column => ({
      name: String(column_name),
      text: `c${i}`,
      container: column_type === 'JSON' ? 'true' : undefined,
    }),
  );
  const texts = columns.map(({ name, text }) => `CAST(${ident(name)} AS VARCHAR) AS ${text}`);
  const relation = `SELECT ${texts.join(', ')}, file_row_number + 1 AS _row FROM read_parquet(${quote(file.path)}, file_row_number = true)`;
  return {
    ...columnar(contract, columns),
    parts: [{ path: file.path, piecesBefore: [], firstScan: relation, relation }],
    rejects: false,
  };
}
