/**
 * Messages of posted events that were given up, mended and landed. Each event ends in the table or in its quarantine, so a
 * message is taken whole; it is deleted once the delivery of its events is written. Who has its events is told by the claims
 * that `write-events` makes (ADR 7): redriven or replayed by somebody else meanwhile, crashed half-way, it lands once.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quote } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import {
  type DeadLetter,
  deadLetterQueues,
  discard,
  type LetterQueue,
  withDeadLetters,
} from '../dead-letters.ts';
import { Engine, type Session } from '../engine/duckdb.ts';
import { standings } from '../events/claims.ts';
import { parseMessage } from '../events/message.ts';
import { type WriteEventsDeps, writeEvents } from '../events/write-events.ts';
import { withAliases } from './aliases.ts';
import { rejudge } from './judge.ts';
import { type ReplayAsked, type ReplayDeps, type Replayed, sum } from './replay.ts';

export interface LettersAsked extends Omit<ReplayAsked, 'selection'> {
  /** This one, whichever dataset it was for. @default all that were for the dataset */
  readonly letter?: string;
  /** Whether who asks may decide about events that were for this dataset. @default any */
  readonly mayTake?: (dataset: string) => boolean;
  /** So many at most, found among ten times as many of each queue; ask again for the next. @default all there are */
  readonly most?: number;
}

export type LettersDeps = Pick<ReplayDeps, 'tmp' | 'memoryMb'> &
  WriteEventsDeps &
  Parameters<typeof withDeadLetters>[1] & {
    /** Where letters of events are. @default as SQS lists them */
    readonly queues?: readonly LetterQueue[];
  };

type Letter = DeadLetter<LetterQueue>;

/** A part of a post and the letters that bring it: SQS may deliver one message twice. */
interface Part {
  readonly posted: EventMessage;
  readonly letters: readonly Letter[];
}

/** Letters whose events make one delivery, whose entry names them. */
const TOGETHER = 1_000;

/** @throws WharfError `replay.no_events` where the letter that is named holds none; `events.busy` */
export async function replayLetters(asked: LettersAsked, deps: LettersDeps): Promise<Replayed> {
  const { letter, most } = asked;
  const isOfEvents = ({ name }: LetterQueue) => /events|ordered/i.test(name);
  const queues: readonly LetterQueue[] = deps.queues ?? (await deadLetterQueues(deps)).filter(isOfEvents);
  const some = (letters: readonly Letter[]) => replaySome(letters, asked, deps);
  const rounds: Round[] = [];
  // Of a message group SQS hands out ten: once those are gone, the next.
  do rounds.push(await withDeadLetters(queues, deps, some, most && most * 10));
  while (rounds.at(-1)!.taken > 0 && letter === undefined && most === undefined);
  const deliveries = new Set(rounds.flatMap((round) => round.deliveries));
  return { ...sum(rounds), deliveries: [...deliveries] };
}

/** What came of some letters, and how many of them are gone. */
type Round = Replayed & { readonly taken: number };

async function replaySome(
  letters: readonly Letter[],
  asked: LettersAsked,
  deps: LettersDeps,
): Promise<Round> {
  const parts = partsOf(letters, asked);
  const landed = await landedIn([...parts.keys()], deps);
  const open = [...parts].filter(([id]) => !landed.has(id)).map(([, part]) => part);
  const replayed =
    open.length > 0 ? await mendAndLand(open, asked, deps) : { picked: 0, passing: 0, failing: [] };
  if (asked.dryRun) return { ...replayed, deliveries: [], taken: 0 };
  // Of what was written before, nobody may have asked for the commit.
  await standings(asked.contract, [...landed.keys()], deps);
  const after = await landedIn([...parts.keys()], deps);
  for (const [id, delivery] of after)
    for (const letter of parts.get(id)!.letters) await discard(letter, told(asked, delivery), deps);
  if (after.size < parts.size) throw busy(parts.size - after.size);
  return { ...replayed, deliveries: [...new Set(after.values())], taken: after.size };
}

const told = ({ by, why }: LettersAsked, delivery: string): string =>
  `replayed by ${by}: its events are in the delivery ${delivery}${why === undefined ? '' : `; ${why}`}`;

const busy = (messages: number): WharfError =>
  new WharfError(`${messages} messages are in the hands of another worker, or of one that has just ended`, {
    code: 'events.busy',
    route: 'transient',
    fix: 'They stay among the dead letters: ask again in a quarter of an hour',
  });

/** The parts of posts that are meant, by their ids. What cannot be read stays where it is. */
function partsOf(
  letters: readonly Letter[],
  { contract, letter: wanted, mayTake = () => true, most }: LettersAsked,
): Map<string, Part> {
  const parts = new Map<string, Part>();
  const isMeant = ({ id }: Letter, { dataset }: EventMessage) =>
    wanted === undefined ? dataset === contract.name : id === wanted && mayTake(dataset);
  for (const letter of letters) {
    if (parts.size === most) break;
    const posted = read(letter);
    if (!posted || !isMeant(letter, posted)) continue;
    const known = parts.get(partId(posted))?.letters ?? [];
    parts.set(partId(posted), { posted, letters: [...known, letter] });
  }
  if (wanted !== undefined && parts.size === 0)
    throw new WharfError(`No dead letter "${wanted}" holds events that can be read`, {
      code: 'replay.no_events',
      route: 'usage',
      fix: '`wharf dlq show` lists them all; what is no message of events goes back by `wharf dlq redrive`',
    });
  return parts;
}

function read({ body }: Letter): EventMessage | undefined {
  try {
    return parseMessage(body);
  } catch {
    return undefined;
  }
}

/** Parts whose rows are in files that a commit shows or will show, with their deliveries. Looks, and changes nothing. */
async function landedIn(parts: readonly string[], { ledger }: LettersDeps): Promise<Map<string, string>> {
  const claims = await ledger.claims(parts);
  const entries = await ledger.getAll([...new Set([...claims.values()].map(({ delivery }) => delivery))]);
  const written = new Set(entries.filter(({ manifest }) => manifest).map(({ delivery }) => delivery));
  const landed = [...claims].filter(([, { delivery }]) => written.has(delivery));
  return new Map(landed.map(([part, { delivery }]) => [part, delivery]));
}

/** Judges all events, mended, and unless it is only a trial writes them. */
async function mendAndLand(
  parts: readonly Part[],
  { contract, fix, dryRun }: LettersAsked,
  deps: LettersDeps,
): Promise<Omit<Replayed, 'deliveries'>> {
  await mkdir(deps.tmp, { recursive: true });
  const dir = await mkdtemp(join(deps.tmp, 'letters-'));
  try {
    using engine = await Engine.open({ dir, memoryMb: deps.memoryMb, confinedTo: [dir] });
    return await engine.session(async (session) => {
      await readEvents(session, parts, dir);
      const { aliases, ...judged } = await rejudge(session, contract, fix);
      if (dryRun) return judged;
      const records = (await session.rows('SELECT record FROM mended ORDER BY n')).values();
      const mended = parts.map(
        ({ posted, letters }): EventMessage => ({
          ...posted,
          dataset: contract.name,
          letter: letters[0]!.id,
          events: posted.events.map(([i]) => [i, String(records.next().value!.record)]),
        }),
      );
      for (let i = 0; i < mended.length; i += TOGETHER)
        await writeEvents(withAliases(contract, aliases), mended.slice(i, i + TOGETHER), deps);
      return judged;
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The events as the table `picked` that is judged: their origin is the letter, their row the place in their post. */
async function readEvents(session: Session, parts: readonly Part[], dir: string): Promise<void> {
  const file = join(dir, 'events.ndjson');
  const lines = parts.flatMap(({ posted, letters }) =>
    posted.events.map(([row, raw]) => JSON.stringify({ origin: letters[0]!.id, row, raw })),
  );
  await writeFile(file, lines.join('\n'));
  const columns = "{'origin': 'VARCHAR', 'row': 'BIGINT', 'raw': 'VARCHAR'}";
  await session.run(
    `CREATE TABLE picked AS SELECT row_number() OVER () AS n, *, CAST(NULL AS BIGINT) AS line, CAST([] AS VARCHAR[]) AS reasons FROM read_json(${quote(file)}, format = 'newline_delimited', columns = ${columns})`,
  );
}
