/** Records of a table as a source that is judged. */
import type { Contract } from '../../core/contract/model.ts';
import { jsonLines } from '../engine/ndjson.ts';
import type { Source } from '../engine/source.ts';

/** @param from `SELECT` or table of `(n, record)`: the record's ordinal, from 1 on without a gap, and its JSON text */
export function recordsSource(contract: Contract, from: string, columns?: number): Source {
  const { records, ...source } = jsonLines(contract, columns);
  const relation = records(`SELECT n AS _row, record AS line FROM ${from}`);
  return {
    ...source,
    parts: [{ path: '', piecesBefore: [], firstScan: relation, relation }],
    rejects: false,
  };
}
