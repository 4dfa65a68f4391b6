/** `wharf replay` and `wharf quarantine discard`: what becomes of rows that were refused. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { readFix } from '../../core/replay/fix.ts';
import { dataset } from '../../datasets/index.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { type FileDeps, isRefusedWhole, replayFile } from '../../platform/replay/file.ts';
import { replayLetters } from '../../platform/replay/letters.ts';
import {
  discard as discardRows,
  type ReplayAsked,
  type Replayed,
  replay as replayRows,
} from '../../platform/replay/replay.ts';
import { deliveryJson, printDeliveries, untilClosed } from '../deliveries.ts';
import { type Installation, useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';
import { unknownDelivery } from './look.ts';

interface Chosen extends GlobalOptions {
  readonly delivery?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
  /** Why, in the words of who asks. */
  readonly why?: string;
}

interface Options extends Chosen {
  readonly dataset: string;
  readonly map: readonly string[];
  readonly set: readonly string[];
  readonly sql: readonly string[];
  /** Messages that were given up, in the place of refused rows: all for the dataset, or one by its id. */
  readonly dlq?: true | string;
}

const depsOf = (installation: Installation, { state }: GlobalOptions): FileDeps => ({
  ...installation,
  lakeBucket: installation.buckets.lake!,
  limits: defaultLimits,
  tmp: resolve(state, 'tmp'),
  memoryMb: 1000,
});

/** No function runs longer than this: who began to write events before has given up. */
const LONGEST_MS = 15 * 60_000;

/** What writing events needs beside. */
const writingOf = ({ catalog, objects, sqs, commitQueue }: Installation) => ({
  sqs,
  schemas: new Schemas(catalog, objects),
  askCommit: commitAsker(sqs, commitQueue),
  now: () => new Date(),
  deadBefore: () => new Date(Date.now() - LONGEST_MS),
});

/** The message that is named, if one is. */
function letterOf({ dlq, delivery, reason }: Options): string | undefined {
  if (dlq === undefined || (delivery === undefined && reason === undefined))
    return dlq === true ? undefined : dlq;
  throw new WharfError('--dlq takes messages: they have no --delivery and no --reason', {
    code: 'replay.no_choice',
    route: 'usage',
    fix: 'Choose one with --dlq ID, as `wharf dlq show` lists them, or take all for the dataset',
  });
}

/** Who asks, as the operating system has it. */
const by = (): string => userInfo().username;

async function chosen({ delivery }: Chosen, { ledger }: Installation): Promise<Delivery | undefined> {
  if (delivery === undefined) return undefined;
  const entry = await ledger.get(delivery);
  if (entry) return entry;
  throw unknownDelivery(delivery);
}

const replayRefused = (entry: Delivery | undefined, asked: ReplayAsked, deps: FileDeps): Promise<Replayed> =>
  entry && isRefusedWhole(entry) ? replayFile(entry, asked, deps) : replayRows(asked, deps);

/** Judges refused rows again, mended, and lands those that pass, or only says what would become of them. */
export async function replay(options: Options): Promise<number> {
  const base = dataset(options.dataset);
  const letter = letterOf(options);
  await using installation = await useInstallation(options.state);
  const contract = await asApproved(base, installation.drift);
  const fix = readFix(options, contract);
  const { delivery, reason, why, dryRun = false } = options;
  const entry = await chosen(options, installation);
  const asked = { contract, selection: { delivery, reason }, fix, by: by(), why, dryRun };
  const deps = depsOf(installation, options);
  const replayed = await (options.dlq === undefined
    ? replayRefused(entry, asked, deps)
    : replayLetters({ ...asked, letter }, { ...deps, ...writingOf(installation) }));
  const deliveries = await untilClosed(installation, replayed.deliveries);
  if (options.json) printJson({ ...replayed, dry_run: dryRun, deliveries: deliveries.map(deliveryJson) });
  else
    show(replayed, deliveries, {
      dryRun,
      of: options.dlq === undefined ? 'refused rows' : 'events given up',
    });
  if (deliveries.some(({ state }) => state === 'failed')) return exit.failed;
  return options.strict && replayed.passing < replayed.picked ? exit.refused : exit.done;
}

function show(
  { picked, passing, failing }: Replayed,
  deliveries: readonly Delivery[],
  { dryRun, of }: { readonly dryRun: boolean; readonly of: string },
): void {
  const verb = dryRun ? 'would pass' : 'pass';
  if (picked + deliveries.length === 0) print(`No ${of} that fit.`);
  else if (picked > 0)
    print(
      `${number(picked)} ${of}: ${pc.green(`${number(passing)} ${verb}`)}, ${number(picked - passing)} still fail`,
    );
  if (failing.length > 0)
    print(
      table(
        ['reason', 'rows', 'for example'],
        failing.map(({ reason, rows, examples }) => [
          reason,
          number(rows),
          examples
            .map(
              ({ row, line, received }) =>
                `${row === null ? `line ${line}` : `row ${row}`}${received === null ? '' : `: ${received}`}`,
            )
            .join('\n'),
        ]),
        ['rows'],
      ),
    );
  if (dryRun) print('Nothing was written: this was a dry run.');
  else if (deliveries.length > 0) printDeliveries(deliveries, 'listed');
  for (const { delivery, error } of deliveries) if (error) print(pc.red(`${delivery}: ${error}`));
}

/** Closes refused rows that nobody wants, with a reason. */
export async function discard(
  name: string,
  options: Chosen & { readonly all?: boolean; readonly why: string },
): Promise<number> {
  const contract = dataset(name);
  const { delivery, reason, why, all = false, dryRun = false } = options;
  if (why.trim() === '')
    throw new WharfError('The reason is empty', {
      code: 'quarantine.no_reason',
      route: 'usage',
      fix: 'Say in --why why these rows may go: the quarantine keeps it beside them',
    });
  if (all === (delivery !== undefined || reason !== undefined))
    throw new WharfError(all ? '--all and a choice exclude each other' : 'No rows are chosen', {
      code: 'quarantine.no_choice',
      route: 'usage',
      fix: 'Choose by --delivery, by --reason, or take --all that are open',
    });
  await using installation = await useInstallation(options.state);
  await chosen(options, installation);
  const asked = { contract, selection: { delivery, reason }, by: by(), why, dryRun };
  const done = await discardRows(asked, depsOf(installation, options));
  const deliveries = await untilClosed(
    installation,
    done.flatMap((one) => one.delivery ?? []),
  );
  const rows = done.reduce((sum, one) => sum + one.rows, 0);
  if (options.json) printJson({ discarded: rows, dry_run: dryRun, deliveries: deliveries.map(deliveryJson) });
  else print(`${dryRun ? 'Would discard' : 'Discarded'} ${number(rows)} refused rows.`);
  return deliveries.some(({ state }) => state === 'failed') ? exit.failed : exit.done;
}
