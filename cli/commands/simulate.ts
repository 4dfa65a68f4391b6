/** `wharf simulate orders`: orders happen, as in the shops. */
import { setTimeout as sleep } from 'node:timers/promises';
import { suggest } from '../../core/contract/suggest.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import type { Gap } from '../arguments.ts';
import { exit, type GlobalOptions, number, pc, print } from '../output.ts';
import { findRunning } from '../running.ts';
import { untilTold } from '../signals.ts';
import { play } from '../simulate/play.ts';
import { type Outcome, poster } from '../simulate/poster.ts';

export interface SimulateOptions extends GlobalOptions {
  readonly rate: Gap;
  readonly seed: number;
  readonly defects: number;
  readonly count?: number;
  /** Milliseconds. */
  readonly for?: number;
  readonly url?: string;
  readonly key?: string;
}

/** What can be played → the dataset its events are of. */
const plays: Readonly<Record<string, string>> = { orders: 'retailos.streaming_orders' };

/** Posts under way at a time; where the API is slower than that, the play waits for it. */
const AT_ONCE = 64;

/** On a terminal, faster plays show their totals and not each order. */
const READABLE_S = 0.5;

function addressOf({
  url,
  key = process.env.WHARF_API_KEY,
  state,
}: SimulateOptions): [api: string, key: string] {
  const running = findRunning(state);
  const [api, secret] = [url ?? running?.api, key ?? (url === undefined ? running?.apiKey : undefined)];
  if (api && secret) return [api, secret];
  throw new WharfError(api ? 'There is no key for this API' : 'No API is kept up on this state', {
    code: api ? 'simulate.no_key' : 'simulate.no_api',
    route: 'usage',
    fix: 'Run `wharf start` in another terminal, or name an API with --url and its key with WHARF_API_KEY',
  });
}

/** Says how it goes: to scripts and files a line an event, to a terminal that cannot follow one line that changes. */
function teller({ json, rate: [shortest] }: SimulateOptions) {
  const totals = { sent: 0, accepted: 0, refused: 0 };
  const isProgress = !json && process.stdout.isTTY && shortest < READABLE_S;
  const line = (): string =>
    `${number(totals.sent)} sent, ${number(totals.accepted)} accepted, ${number(totals.refused)} refused`;
  return {
    totals,
    tell(event: string, outcome: Outcome): void {
      totals.sent += 1;
      totals[outcome] += 1;
      if (json) print(JSON.stringify({ outcome, event: JSON.parse(event) as unknown }));
      else if (isProgress) process.stdout.write(`\r${line()} `);
      else print(`${outcome === 'accepted' ? pc.green(outcome) : pc.red(outcome)} ${event}`);
    },
    end(): void {
      if (isProgress) process.stdout.write('\r');
      if (json) print(JSON.stringify(totals));
      else print(line());
    },
  };
}

/** Plays until it is told to stop, or has played enough. */
export async function simulate(what: string, options: SimulateOptions): Promise<number> {
  const name = Object.hasOwn(plays, what) ? plays[what]! : undefined;
  if (!name)
    throw new WharfError(`Nothing called "${what}" can be played`, {
      code: 'simulate.unknown',
      route: 'usage',
      fix: suggest(what, Object.keys(plays)),
    });
  const post = poster(...addressOf(options), name);
  const { count = Number.POSITIVE_INFINITY, for: lasting = Number.POSITIVE_INFINITY } = options;
  const { tell, end } = teller(options);
  const stopping = new AbortController();
  void untilTold().then(() => stopping.abort());
  const failed = (error: unknown) => stopping.abort(error);
  const underWay = new Set<Promise<void>>();
  const start = performance.now();
  let played = 0;
  for (const { happen, due } of play(dataset(name), options)) {
    if (played >= count || due >= lasting) break;
    const wait = start + due - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    if (stopping.signal.aborted) break;
    played += 1;
    const json = happen();
    const sending = post(json)
      .then((outcome) => tell(json, outcome), failed)
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
  }
  await Promise.all(underWay);
  end();
  const { reason } = stopping.signal;
  if (reason instanceof WharfError) throw reason;
  return exit.done;
}
