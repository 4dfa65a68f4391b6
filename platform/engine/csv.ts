/** A CSV file as a source. */
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { type Column, columnar } from './columnar.ts';
import { cutAtRecords, type Piece } from './cut.ts';
import { textParts } from './lines.ts';
import type { Source, SourceOptions } from './source.ts';

export async function csv(
  contract: Contract,
  file: Fetched & { format: 'csv' },
  { rowBytes, ...cutting }: SourceOptions,
): Promise<Source> {
  const columns = file.header.map((name, i): Column => ({ name, text: `c${i}` }));
  const types = columns.map((c) => `'${c.text}': 'VARCHAR'`).join(', ');
  const options = ({ first }: Piece): string =>
    `header = ${first}, delim = ${quote(file.delimiter)}, quote = '"', escape = '"', columns = {${types}}, strict_mode = true`;
  const whole = file.records === 'unknown' ? { threads: 1 } : cutting;
  const pieces = await cutAtRecords(file.path, whole, file.records === 'quoted' ? '"' : undefined);
  return {
    ...columnar(contract, columns),
    parts: textParts(pieces, rowBytes, options),
    rejects: true,
  };
}
