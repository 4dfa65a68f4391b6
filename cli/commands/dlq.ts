/** `wharf dlq`: messages that were given up after their last try. */
import { WharfError } from '../../core/errors.ts';
import {
  type DeadLetter,
  type DeadLetterQueue,
  deadLetterQueues,
  discard as discardLetter,
  redrive as redriveLetter,
  withDeadLetters,
} from '../../platform/dead-letters.ts';
import { type Installation, useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, print, printJson, table } from '../output.ts';

interface Options extends GlobalOptions {
  /** Part of the name of a queue. */
  readonly queue?: string;
}

interface Chosen extends Options {
  readonly all?: boolean;
}

/** What a message is about, in a word; never what it says. */
function subject(body: string): string {
  try {
    const { dataset, delivery, job, due, Records } = JSON.parse(body) as {
      dataset?: string;
      delivery?: string;
      job?: string;
      due?: string;
      Records?: { s3: { object: { key: string } } }[];
    };
    return Records?.[0]?.s3.object.key ?? [dataset, delivery, job, due].filter(Boolean).join(' ');
  } catch {
    return '';
  }
}

const shown = ({ id, queue, sent_at, body, why }: DeadLetter) => ({
  ...{ id, queue: queue.source, about: subject(body), sent_at, bytes: Buffer.byteLength(body) },
  ...{ code: why?.code ?? null, why: why?.error ?? null, given_up_at: why?.at ?? null },
});

const matching = (queues: readonly DeadLetterQueue[], part = ''): DeadLetterQueue[] => {
  const found = queues.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()));
  if (found.length > 0) return found;
  throw new WharfError(`No queue of dead letters has "${part}" in its name`, {
    code: 'dlq.unknown_queue',
    route: 'usage',
    fix: `There are ${queues.map(({ name }) => name).join(', ')}`,
  });
};

/** How many dead letters there are, queue by queue. */
export async function list(options: GlobalOptions): Promise<number> {
  await using installation = await useInstallation(options.state);
  const queues = await deadLetterQueues(installation);
  if (options.json) printJson(queues.map(({ source, messages }) => ({ queue: source, messages })));
  else
    print(
      table(
        ['queue', 'messages'],
        queues.map(({ source, messages }) => [source, messages]),
        ['messages'],
      ),
    );
  return exit.done;
}

/** Each dead letter and why it is one; with an id, what it says as well. */
export async function show(id: string | undefined, options: Options): Promise<number> {
  await using installation = await useInstallation(options.state);
  return await withLetters(installation, id === undefined ? [] : [id], options, async (letters) => {
    if (id !== undefined) {
      const { body } = letters[0]!;
      const whole = { ...shown(letters[0]!), body };
      if (options.json) printJson(whole);
      else print(table(['field', 'value'], Object.entries(whole)));
    } else if (options.json) printJson(letters.map(shown));
    else if (letters.length === 0) print('No dead letters.');
    else {
      const unknown = 'not said: the function ran out of time or memory';
      const rows = letters
        .map(shown)
        .map((one) => [one.id, one.queue, one.about, one.sent_at, one.code, one.why ?? unknown]);
      print(table(['id', 'queue', 'about', 'sent', 'code', 'why'], rows));
    }
    return exit.done;
  });
}

/** Sends dead letters back to their queues, and waits for what becomes of them where nobody else keeps the pipeline up. */
export async function redrive(ids: readonly string[], options: Chosen): Promise<number> {
  await using installation = await useInstallation(options.state);
  requireChoice(ids, options);
  const sent = await eachLetter(installation, ids, options, (letter) => redriveLetter(letter, installation));
  await installation.idle();
  if (options.json) printJson({ redriven: sent });
  else print(`Sent ${number(sent)} back. \`wharf dlq list\` shows whether they stayed away.`);
  return exit.done;
}

/** Deletes dead letters for good; the ledger keeps that, and why. */
export async function discard(
  ids: readonly string[],
  options: Chosen & { readonly reason: string },
): Promise<number> {
  if (options.reason.trim() === '')
    throw new WharfError('The reason is empty', {
      code: 'dlq.no_reason',
      route: 'usage',
      fix: 'Say in --reason why these messages may go: the ledger keeps it',
    });
  requireChoice(ids, options);
  await using installation = await useInstallation(options.state);
  const gone = await eachLetter(installation, ids, options, (letter) =>
    discardLetter(letter, options.reason, installation),
  );
  if (options.json) printJson({ discarded: gone });
  else print(`Discarded ${number(gone)}.`);
  return exit.done;
}

function requireChoice(ids: readonly string[], { all }: Chosen): void {
  if (ids.length > 0 !== (all ?? false)) return;
  throw new WharfError(ids.length > 0 ? 'Ids and --all exclude each other' : 'No messages are named', {
    code: 'dlq.no_choice',
    route: 'usage',
    fix: 'Give ids as `wharf dlq show` lists them, or --all, with --queue for those of one queue',
  });
}

/**
 * Does something with each letter that is chosen, in the order they were sent. Of a message group SQS hands out ten: once
 * those are gone, the next. @returns how many there were
 */
async function eachLetter(
  installation: Installation,
  ids: readonly string[],
  options: Chosen,
  work: (letter: DeadLetter) => Promise<void>,
): Promise<number> {
  const begun = new Date().toISOString();
  // What is back already, after it was sent away here, stays where it is.
  const isMeant = ({ sent_at }: DeadLetter) => !options.all || sent_at < begun;
  const some = () =>
    withLetters(installation, ids, options, async (letters) => {
      const meant = letters.filter(isMeant);
      for (const letter of meant) await work(letter);
      return meant.length;
    });
  let count = 0;
  for (let done = await some(); done > 0; done = options.all ? await some() : 0) count += done;
  return count;
}

/** Works on the letters with these ids, on all where none is given. */
async function withLetters<T>(
  installation: Installation,
  ids: readonly string[],
  { queue }: Options,
  work: (letters: readonly DeadLetter[]) => Promise<T>,
): Promise<T> {
  const queues = matching(await deadLetterQueues(installation), queue);
  return withDeadLetters(queues, installation, async (letters) => {
    const known = new Set(letters.map(({ id }) => id));
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0)
      throw new WharfError(`No dead letter "${unknown.join('", "')}"`, {
        code: 'dlq.unknown_message',
        route: 'usage',
        fix: 'Nothing was done; `wharf dlq show` lists them',
      });
    return work(ids.length > 0 ? letters.filter(({ id }) => ids.includes(id)) : letters);
  });
}
