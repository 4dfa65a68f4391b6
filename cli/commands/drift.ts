/** `wharf drift`: what senders changed about their files, and what somebody says about it. */
import { userInfo } from 'node:os';
import { ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { changesAt, type Version } from '../../core/contract/versions.ts';
import { type Delivery, isClosed } from '../../core/delivery/model.ts';
import { type Approval, changesOf, type Rejection } from '../../core/drift/approval.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset, datasets, findDataset } from '../../datasets/index.ts';
import { type ApprovalDeps, approve, reject, type Settled, undo } from '../../platform/drift/approvals.ts';
import { backfill } from '../../platform/drift/backfill.ts';
import { formatNotice } from '../../platform/ingest/notice.ts';
import { withCompactor } from '../compactor.ts';
import { deliveryJson, printDeliveries } from '../deliveries.ts';
import { changeWords } from '../drift/words.ts';
import { type Installation, useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, pc, print, printJson, table } from '../output.ts';

interface ListOptions extends GlobalOptions {
  readonly dataset?: string;
  /** Those that are decided as well. */
  readonly all?: boolean;
}

const asked = async ({ drift }: Installation, name?: string): Promise<Approval[]> => {
  const names = name ? [dataset(name).name] : datasets.map((contract) => contract.name);
  const found = await Promise.all(names.map((one) => Array.fromAsync(drift.approvals(one))));
  return found.flat().sort((a, b) => (a.asked_at < b.asked_at ? 1 : -1));
};

const states = { pending: pc.yellow, approved: pc.green, rejected: pc.red, undone: pc.dim } as const;
const when = (at: string): string => at.slice(0, 16).replace('T', ' ');

/** Lists what waits for somebody's word; with `--all`, the log of all changes. */
export async function list({ dataset: name, all, ...options }: ListOptions): Promise<number> {
  await using installation = await useInstallation(options.state);
  const found = (await asked(installation, name)).filter(({ state }) => all || state === 'pending');
  if (options.json) printJson(found);
  else if (found.length === 0) print('Nothing waits for an approval.');
  else
    print(
      table(
        ['approval', 'dataset', 'state', 'since', 'changes', 'confidence', 'files', 'by'],
        found.map((one) => {
          const sure = one.findings.filter(({ change }) => change).map(({ confidence }) => confidence);
          return [
            ...[one.approval, one.dataset, states[one.state](one.state), when(one.asked_at)],
            changesOf(one).map(changeWords).join('\n'),
            ...[sure.map((of) => of.toFixed(2)).join('\n'), one.deliveries.length, one.by],
          ];
        }),
        ['confidence', 'files'],
      ),
    );
  return exit.done;
}

async function found(id: string, { drift }: Installation): Promise<Approval> {
  const approval = await drift.approval(id);
  if (approval) return approval;
  throw new WharfError(`There is no approval "${id}"`, {
    code: 'approval.unknown',
    route: 'usage',
    fix: '`wharf drift list --all` shows what there is',
  });
}

/** Shows one approval with its evidence. */
export async function show(id: string, options: GlobalOptions): Promise<number> {
  await using installation = await useInstallation(options.state);
  const approval = await found(id, installation);
  const entries = await installation.ledger.getAll(approval.deliveries.slice(0, 100));
  if (options.json) printJson({ ...approval, entries: entries.map(deliveryJson) });
  else {
    const { dataset: name, state, verdict, why, by, reason, decided_at, refused } = approval;
    print(`${pc.bold(id)}  ${name}  ${states[state](state)}  ${verdict}: ${why}`);
    if (by) print(`${state} by ${by} at ${when(decided_at ?? '')}: ${reason}`);
    if (refused)
      print(
        `${pc.red('not done')}: to ${refused.decision} it, as ${refused.by} said at ${when(refused.at)}: ${refused.message}`,
      );
    for (const { kind, field, column, confidence, evidence, change, unsafe } of approval.findings) {
      const about = [...new Set([column, field].filter(Boolean))].join(' → ');
      print(`\n${pc.bold(kind)} ${about}  ${pc.dim(`confidence ${confidence.toFixed(2)}`)}`);
      for (const line of evidence) print(`  ${line}`);
      if (change) print(`  ${pc.cyan('would')} ${changeWords(change)}`);
      if (unsafe) print(`  ${pc.yellow('for a person')} ${unsafe}`);
    }
    print();
    printDeliveries(entries, 'listed');
    if (state === 'pending')
      print(`\nSay what is to become of it:  npx wharf drift approve ${id}   or   reject ${id} --why "…"`);
  }
  return exit.done;
}

/** What deciding needs, for one command. */
async function deciding<T>(
  options: GlobalOptions,
  work: (deps: ApprovalDeps, installation: Installation) => Promise<T>,
): Promise<T> {
  await using installation = await useInstallation(options.state);
  const { QueueUrls = [] } = await installation.sqs.send(new ListQueuesCommand({ MaxResults: 1000 }));
  const landed = QueueUrls.find((url) => /landed/i.test(url) && !/dead/i.test(url));
  const tell = async (entry: Delivery): Promise<void> => {
    const message = { QueueUrl: landed, MessageBody: formatNotice(entry) };
    await installation.sqs.send(new SendMessageCommand(message));
  };
  return await withCompactor(installation, options.state, (deps) => {
    const fill: ApprovalDeps['backfill'] = (contract, changes) => backfill(contract, changes, deps);
    return work({ ...installation, base: findDataset, now: deps.now, backfill: fill, tell }, installation);
  });
}

const LOOK_MS = 50;

/** Waits for the deliveries that go on, and tells what became of everything. */
async function tell(settled: Settled, { ledger, idle }: Installation, { json }: GlobalOptions) {
  await idle();
  const about = async () => ledger.getAll([...settled.released, ...settled.stopped].slice(0, 100));
  let entries = await about();
  while (entries.some(({ state }) => !isClosed(state))) {
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
    entries = await about();
  }
  const { approval, dataset: name, state, version, backfilled } = settled;
  if (json) printJson({ ...settled, entries: entries.map(deliveryJson) });
  else {
    print(`${approval} is ${states[state](state)}. ${name} is at version ${version} of its contract.`);
    if (backfilled.rows > 0)
      print(`${backfilled.rows} earlier rows in ${backfilled.files} files have their values now.`);
    if (entries.length > 0) printDeliveries(entries);
  }
  return exit.done;
}

interface Said extends GlobalOptions {
  readonly why?: string;
  readonly by?: string;
}
const wordOf = ({ why, by = userInfo().username }: Said) => ({ by, why: why ?? '' });

/** Approves changes, and waits for the deliveries that waited for that. */
export const approveChanges = (id: string, options: Said): Promise<number> =>
  deciding(options, async (deps, at) => tell(await approve(id, wordOf(options), deps), at, options));

/** Rejects changes. */
export const rejectChanges = (id: string, options: Said & { readonly land?: boolean }): Promise<number> =>
  deciding(options, async (deps, at) => {
    const outcome: Rejection = options.land ? 'land' : 'refuse';
    return tell(await reject(id, { ...wordOf(options), outcome }, deps), at, options);
  });

/** Takes a decision back. */
export const undoDecision = (id: string, options: Said): Promise<number> =>
  deciding(options, async (deps, at) => tell(await undo(id, wordOf(options), deps), at, options));

/** Shows by what a contract differs from the code's own: each version, and what holds now. */
export async function diff(name: string, options: GlobalOptions): Promise<number> {
  const contract = dataset(name);
  await using installation = await useInstallation(options.state);
  const versions: readonly Version[] = await installation.drift.versions(contract.name);
  const changes = changesAt(versions);
  if (options.json) printJson({ dataset: name, version: versions.length, changes, versions });
  else if (versions.length === 0) print(`${name} is as the code has it.`);
  else {
    const rows = versions.map((one) => [
      one.version,
      when(one.at),
      one.by,
      one.undoes ? `takes back version ${one.undoes}` : one.changes.map(changeWords).join('\n'),
      one.why,
      one.approval,
    ]);
    print(table(['version', 'at', 'by', 'change', 'why', 'approval'], rows, ['version']));
    print(changes.length ? `\nWhat holds now:\n${changes.map((c) => `  ${changeWords(c)}`).join('\n')}` : '');
    if (changes.length) print(`\nWrite it into the code:  npx wharf contract promote ${name}`);
  }
  return exit.done;
}
