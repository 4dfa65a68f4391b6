/** A CSV file as a source. DuckDB never sniffs: a ragged file fails in its sniffer. */
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { type Column, columnar } from './columnar.ts';
import { cutAtRecords, type Piece } from './cut.ts';
import { bufferSize, numbered } from './lines.ts';
import type { Source, SourceOptions } from './source.ts';

export async function csv(
  contract: Contract,
  file: Fetched & { format: 'csv' },
  { rowBytes, ...cutting }: SourceOptions,
): Promise<Source> {
  const columns = file.header.map((name, i): Column => ({ name, text: `c${i}` }));
  const types = columns.map((c) => `'${c.text}': 'VARCHAR'`).join(', ');
  const read = ({ path, first }: Piece, more: string) =>
    numbered(
      `read_csv(${quote(path)}, auto_detect = false, header = ${first}, delim = ${quote(file.delimiter)}, quote = '"', escape = '"', columns = {${types}}, strict_mode = true, max_line_size = ${rowBytes}, buffer_size = ${bufferSize(rowBytes)}, ${more})`,
    );
  const whole = file.records === 'unknown' ? { threads: 1 } : cutting;
  const pieces = await cutAtRecords(file.path, whole, file.records === 'quoted' ? '"' : undefined);
  return {
    ...columnar(contract, columns),
    parts: pieces.map((piece, i) => ({
      path: piece.path,
      piecesBefore: pieces.slice(0, i).map(({ path }) => path),
      firstScan: read(piece, 'store_rejects = true, rejects_limit = 0'),
      relation: read(piece, 'ignore_errors = true'),
    })),
    rejects: true,
  };
}
