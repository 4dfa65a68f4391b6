/** Writes for the quarantine table which refused rows are no longer open, and by whom. */
import { quote } from '../../core/contract/text.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import type { ReplayHeader } from '../../core/replay/model.ts';
import { type CopyOptions, copy, type Key, type LocalFile } from '../engine/copy.ts';
import type { Session } from '../engine/duckdb.ts';
import { daysSql } from '../engine/partition.ts';
import { outcome } from '../engine/verdict.ts';

/** A release a row of the table `picked`. */
export function writeReleases(
  session: Session,
  { entry, header }: { readonly entry: Delivery; readonly header: ReplayHeader },
  options: CopyOptions,
): Promise<readonly LocalFile[]> {
  const at = `TIMESTAMPTZ ${quote(new Date(entry.landed_at).toISOString())}`;
  const columns = {
    _delivery: quote(entry.delivery),
    arrived_at: at,
    origin_delivery: 'origin',
    origin_row: 'row',
    origin_line: 'line',
    release: quote(header.release),
    release_reason: header.why === undefined ? 'CAST(NULL AS VARCHAR)' : quote(header.why),
  };
  const days = quarantinePartition.map((partition): Key => ({ partition, value: daysSql(at) }));
  return copy(session, columns, `SELECT *, ${outcome.accepted} AS outcome FROM picked`, days, options);
}
