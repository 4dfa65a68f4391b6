/** Takes refused rows up again: picks, mends, judges and, unless it is only a trial, lands them. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { type Fix, noFix, type Release, type ReplayHeader, type Selection } from '../../core/replay/model.ts';
import { Engine, type Session } from '../engine/duckdb.ts';
import type { Ledger } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import type { ObjectStore } from '../objects.ts';
import type { Lake } from '../query.ts';
import { type Rejudged, rejudge, type StillFailing } from './judge.ts';
import { landReplay, writeReplay } from './land.ts';
import { pickOpen } from './pick.ts';

export interface ReplayDeps {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
  readonly lakeBucket: string;
  readonly limits: Pick<Limits, 'objectBytes' | 'columns'>;
  /** Folder for files in the making, and MB for the engine that works on them. */
  readonly tmp: string;
  readonly memoryMb: number;
}

export interface ReplayAsked {
  readonly contract: Contract;
  readonly selection: Selection;
  readonly fix: Fix;
  /** Who asks, and why. */
  readonly by: string;
  readonly why?: string;
  /** Whether nothing is to be landed. */
  readonly dryRun: boolean;
}

export interface Replayed {
  /** Open rows that were chosen. */
  readonly picked: number;
  readonly passing: number;
  /** Of the others; a row may have several reasons. */
  readonly failing: readonly StillFailing[];
  /** Deliveries that have the passing rows now, or will in a moment. */
  readonly deliveries: readonly string[];
}

/** Deliveries of events whose rows may share a replay. */
const TOGETHER = 1_000;

/**
 * The deliveries that a replay each takes rows of. What is taken back or replaced by a newer file takes its replays with
 * it, so a file's rows are never mixed with another's. Nothing replaces events, and there are many deliveries of them.
 */
export function groupsOf(entries: readonly Delivery[]): string[][] {
  const ids = (some: readonly Delivery[]) => some.map(({ delivery }) => delivery).sort();
  const { events = [], files = [] } = Object.groupBy(entries, ({ engine }) =>
    engine === 'node' ? 'events' : 'files',
  );
  const together = ids(events);
  return [
    ...ids(files).map((id) => [id]),
    ...Array.from({ length: Math.ceil(together.length / TOGETHER) }, (_, i) =>
      together.slice(i * TOGETHER, (i + 1) * TOGETHER),
    ),
  ];
}

type Work<T> = (session: Session, name: string, dir: string) => Promise<T>;

/** Does something with each group of picked rows: they are the table `picked`, in an engine that sees nothing else. */
async function eachGroup<T>(
  { contract, selection }: Pick<ReplayAsked, 'contract' | 'selection'>,
  { lake, ledger, tmp, memoryMb }: ReplayDeps,
  work: Work<T>,
): Promise<T[]> {
  await mkdir(tmp, { recursive: true });
  const dir = await mkdtemp(join(tmp, 'replay-'));
  try {
    const file = join(dir, 'open.parquet');
    if ((await pickOpen(lake, contract, selection, file)) === 0) return [];
    using engine = await Engine.open({ dir, memoryMb, confinedTo: [dir] });
    const open = `read_parquet(${quote(file)})`;
    const found = await engine.session((s) => s.rows(`SELECT DISTINCT origin FROM ${open} ORDER BY origin`));
    const entries = await ledger.getAll(found.map(({ origin }) => String(origin)));
    const done: T[] = [];
    for (const [i, origins] of groupsOf(entries).entries())
      done.push(
        await engine.session(async (session) => {
          const among = origins.map(quote).join(', ');
          await session.run(
            `CREATE TABLE picked AS SELECT row_number() OVER (ORDER BY origin, coalesce(row, line), line) AS n, * FROM ${open} WHERE origin IN (${among})`,
          );
          return work(session, String(i), dir);
        }),
      );
    return done;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Judges refused rows again, mended, and lands those that pass. */
export async function replay(asked: ReplayAsked, deps: ReplayDeps): Promise<Replayed> {
  const { contract, fix, dryRun } = asked;
  const done = await eachGroup(asked, deps, async (session, name, dir) => {
    const judged = await rejudge(session, contract, fix);
    if (dryRun || judged.passing === 0) return { judged };
    const header = headerOf(asked, 'replayed', judged.aliases);
    const file = await writeReplay(session, header, 'FROM passing', dir, name);
    return { judged, delivery: await landReplay(file, contract, deps) };
  });
  return {
    ...sum(done.map(({ judged }) => judged)),
    deliveries: done.flatMap(({ delivery }) => delivery ?? []),
  };
}

/** Releases refused rows that nobody wants. They stay where they are, and say why. */
export function discard(asked: Omit<ReplayAsked, 'fix'> & { readonly why: string }, deps: ReplayDeps) {
  return eachGroup(asked, deps, async (session, name, dir) => {
    const { rows } = await session.row('SELECT count(*) AS rows FROM picked');
    if (asked.dryRun) return { rows: Number(rows), delivery: undefined };
    const header = headerOf({ ...asked, fix: noFix }, 'discarded', {});
    const from = 'SELECT n, origin, row, line, CAST(NULL AS VARCHAR) AS record FROM picked';
    const file = await writeReplay(session, header, from, dir, name);
    return { rows: Number(rows), delivery: await landReplay(file, asked.contract, deps) };
  });
}

const headerOf = (
  { contract, fix, by, why }: ReplayAsked,
  release: Release,
  aliases: Rejudged['aliases'],
): ReplayHeader => ({ release, dataset: contract.name, aliases, fix, by, why });

/** What groups have in common: as many of each reason as there are in all, and a few examples. */
export function sum(groups: readonly Omit<Rejudged, 'aliases'>[]): Omit<Replayed, 'deliveries'> {
  const all = Map.groupBy(
    groups.flatMap(({ failing }) => failing),
    ({ reason }) => reason,
  );
  const failing = [...all].map(([reason, of]) => ({
    reason,
    rows: of.reduce((n, { rows }) => n + rows, 0),
    examples: of.flatMap(({ examples }) => examples).slice(0, 3),
  }));
  return {
    picked: groups.reduce((n, { picked }) => n + picked, 0),
    passing: groups.reduce((n, { passing }) => n + passing, 0),
    failing: failing.sort((a, b) => b.rows - a.rows || (a.reason < b.reason ? -1 : 1)),
  };
}
