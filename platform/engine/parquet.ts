/** A Parquet file as a source: every value is judged by its text, as in other formats. */
import type { Contract } from '../../core/contract/model.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { type Column, columnar } from './columnar.ts';
import type { Session } from './duckdb.ts';
import type { Source } from './source.ts';

const nested = /\[\]$|^STRUCT|^MAP|^UNION|^JSON$/;

export async function parquet(
  contract: Contract,
  file: Fetched & { format: 'parquet' },
  session: Session,
): Promise<Source> {
  const read = `read_parquet(${quote(file.path)})`;
  const described = (await session.rows(`DESCRIBE SELECT * FROM ${read}`)) as {
    column_name: string;
    column_type: string;
  }[];
  const isNested = described.map(({ column_type: type }) => nested.test(type));
  const columns = described.map(
    ({ column_name: name }, i): Column => ({
      name,
      text: `c${i}`,
      container: isNested[i] ? 'true' : undefined,
    }),
  );
  const texts = described.map(({ column_name: name }, i) => {
    const text = isNested[i] ? `to_json(${ident(name)})` : ident(name);
    return `CAST(${text} AS VARCHAR) AS c${i}`;
  });
  const relation = `SELECT ${texts.join(', ')}, file_row_number + 1 AS _row FROM read_parquet(${quote(file.path)}, file_row_number = true)`;
  return {
    ...columnar(contract, columns),
    parts: [{ path: file.path, piecesBefore: [], firstScan: relation, relation }],
    rejects: false,
  };
}
