/** Writes a source as Parquet while judging it: accepted rows by partition, refused rows for the quarantine table. */
import type { Contract } from '../../core/contract/model.ts';
import { valueName } from '../../core/contract/sql.ts';
import { quote } from '../../core/contract/text.ts';
import { recordsOf } from '../../core/lake/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import { type CopyOptions, copy, type Key, type LocalFile } from './copy.ts';
import type { Session } from './duckdb.ts';
import { close, type Judged } from './judge.ts';
import { daysSql, partitionSql } from './partition.ts';
import { markRepeats } from './repeats.ts';
import { scan } from './scan.ts';
import type { Source } from './source.ts';
import { outcome, verdictsSql } from './verdict.ts';

export interface WriteOptions extends CopyOptions {
  readonly delivery: string;
}

/** The files of a source's accepted rows, and its books. */
export interface Written {
  readonly judged: Judged;
  readonly files: readonly LocalFile[];
}

/** Judges and writes the accepted rows, in one go. Leaves the table `refused` for {@link writeRefused}, unless nothing is. */
export async function writeAccepted(
  session: Session,
  contract: Contract,
  source: Source,
  options: WriteOptions,
): Promise<Written> {
  const scanned = await scan(session, contract, source);
  const keys = contract.partitionBy.map((partition): Key => {
    const field = contract.fields.find((f) => f.name === partition.field)!;
    return { partition, value: partitionSql(field, partition) };
  });
  const columns = {
    ...Object.fromEntries(contract.fields.map((field) => [field.name, valueName(field)])),
    // The values of a refused row may be anything. What quarantine needs of it rides where its delivery would stand.
    _delivery: `CASE WHEN outcome = ${outcome.quarantined} THEN raw ELSE ${quote(options.delivery)} END`,
    _row: '_row',
    ...(source.rescued === undefined ? {} : { _rescued: source.rescued }),
  };
  const written = await session.each(scanned.records, async (records, i, own) => {
    await markRepeats(own, scanned);
    const verdicts = verdictsSql(contract, source, records, scanned.policies);
    return copy(own, columns, verdicts, keys, { ...options, prefix: `${options.prefix}p${i}` });
  });
  const of = (which: keyof typeof outcome) =>
    written.flat().filter((file) => file.outcome === outcome[which]);
  const [files, refused] = [of('accepted'), of('quarantined').map(({ path }) => quote(path))];
  const judged = await close(session, contract, source, scanned, {
    accepted: recordsOf(files),
    duplicate: recordsOf(of('duplicate')),
    refused: refused.length
      ? `SELECT _row, _delivery AS raw FROM read_parquet([${refused.join(', ')}])`
      : undefined,
  });
  return { files, judged };
}

/** Writes the refused rows, all in one file, as the quarantine table has them. */
export async function writeRefused(
  session: Session,
  arrivedAt: Date,
  options: WriteOptions,
): Promise<readonly LocalFile[]> {
  const at = `TIMESTAMPTZ ${quote(arrivedAt.toISOString())}`;
  const kept = ['_row', 'line', 'raw', 'reasons', 'received'];
  const columns = {
    _delivery: quote(options.delivery),
    ...Object.fromEntries(kept.map((name) => [name, name])),
    arrived_at: at,
  };
  const days = quarantinePartition.map((partition): Key => ({ partition, value: daysSql(at) }));
  return copy(session, columns, `SELECT *, ${outcome.accepted} AS outcome FROM refused`, days, options);
}
