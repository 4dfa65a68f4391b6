/** A table's past, as far as it is kept: what each snapshot did, and which one was current at a moment. */
import { WharfError } from '../errors.ts';
import { DELIVERIES, REVISION, type Snapshot, type TableMetadata } from './metadata.ts';

/** What one snapshot did. */
export interface Moment {
  readonly snapshot: string;
  readonly at: string;
  readonly operation: string;
  readonly added: number;
  readonly removed: number;
  readonly total: number;
  readonly deliveries: readonly string[];
  readonly revision?: string;
  readonly schema: number;
  /** Whether commits right before it are no longer kept: there is no going back to one of them. */
  readonly gap: boolean;
}

const number = (text: string | undefined): number => Number(text ?? 0);

/** All snapshots that are kept, the newest first. */
export const history = ({ snapshots }: TableMetadata): Moment[] =>
  snapshots
    .map(
      ({ summary, ...s }, i): Moment => ({
        snapshot: String(s['snapshot-id']),
        at: new Date(s['timestamp-ms']).toISOString(),
        operation: summary.operation ?? '',
        added: number(summary['added-records']),
        removed: number(summary['deleted-records']),
        total: number(summary['total-records']),
        deliveries: (summary[DELIVERIES] ?? '').split(',').filter(Boolean),
        ...(summary[REVISION] && { revision: summary[REVISION] }),
        schema: s['schema-id'],
        gap: s['sequence-number'] !== (snapshots[i - 1]?.['sequence-number'] ?? 0) + 1,
      }),
    )
    .reverse();

/** A moment that somebody names: an instant, or the id of a snapshot. */
export type Named = { readonly at: number } | { readonly snapshot: bigint };

/**
 * Reads the name of a moment: digits are a snapshot, anything else a date or an instant; a date is its end, in UTC.
 * @throws WharfError `history.unreadable`
 * @example parseMoment('2026-01-31') // { at: Date.parse('2026-01-31T23:59:59.999Z') }
 */
export function parseMoment(text: string): Named {
  if (/^\d{5,}$/.test(text)) return { snapshot: BigInt(text) };
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const at = Date.parse(isDate ? `${text}T23:59:59.999Z` : zoned);
  if (!Number.isNaN(at) && /^\d{4}-/.test(text)) return { at };
  throw new WharfError(`"${text}" is neither a time nor the id of a snapshot`, {
    code: 'history.unreadable',
    route: 'usage',
    fix: 'Write 2026-01-31, 2026-01-31T12:30:00Z, or an id that `wharf history` shows',
  });
}

/**
 * The snapshot that was current at a moment.
 * @throws WharfError `history.unknown_snapshot`, `history.not_yet`, `history.expired`
 */
export function snapshotAt({ snapshots }: TableMetadata, moment: Named, table: string): Snapshot {
  if ('snapshot' in moment) {
    const named = snapshots.find((s) => s['snapshot-id'] === moment.snapshot);
    if (named) return named;
    throw told(
      'history.unknown_snapshot',
      `${table} keeps no snapshot ${moment.snapshot}: it has expired, or is another table's`,
    );
  }
  const at = new Date(moment.at).toISOString();
  const index = snapshots.findLastIndex((s) => s['timestamp-ms'] <= moment.at);
  const [found, next] = [snapshots[index], snapshots[index + 1]];
  if (!found && next?.['sequence-number'] === 1)
    throw told('history.not_yet', `${table} was not there at ${at}: its first rows came ${timeOf(next)}`);
  // Between two that are kept there may have been others, one of which was current then.
  if (!found || (next && next['sequence-number'] !== found['sequence-number'] + 1))
    throw told(
      'history.expired',
      `Which rows ${table} had at ${at} is no longer kept. Nearest are ${[found, next]
        .filter((s) => s !== undefined)
        .map((s) => `${s['snapshot-id']} (${timeOf(s)})`)
        .join(' and ')}`,
    );
  return found;
}

/**
 * The snapshot of a dataset's other table as of one of its first: the two are committed one after the other, and a
 * crash in between leaves the second late. Undefined: it was not there yet.
 * @throws WharfError `history.expired`
 */
export function counterpart(
  { snapshots }: TableMetadata,
  target: Snapshot,
  table: string,
): Snapshot | undefined {
  const settles = new Set((target.summary[DELIVERIES] ?? '').split(',').filter(Boolean));
  const isOfIt = ({ summary }: Snapshot) =>
    (summary[DELIVERIES] ?? '').split(',').some((delivery) => settles.has(delivery)) ||
    (summary[REVISION] !== undefined && summary[REVISION] === target.summary[REVISION]);
  const found = snapshots.findLast((s) => s['timestamp-ms'] <= target['timestamp-ms'] || isOfIt(s));
  const [oldest] = snapshots;
  if (found || oldest?.['sequence-number'] === 1) return found;
  throw told('history.expired', `${table} keeps no snapshot as old as ${timeOf(target)}`);
}

const timeOf = (snapshot: Snapshot): string => new Date(snapshot['timestamp-ms']).toISOString();

const told = (code: string, what: string): WharfError =>
  new WharfError(what, {
    code,
    route: 'usage',
    fix: '`wharf history` lists what is kept; `retention.snapshots` in the configuration says for how long',
  });
