/** A dataset on the local cloud, with the verbs that the model has. Whatever can be asked for twice is. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { evolve } from '../../../core/contract/change.ts';
import { contract } from '../../../core/contract/contract.ts';
import { id, int } from '../../../core/contract/fields.ts';
import type { Contract } from '../../../core/contract/model.ts';
import { changesAt } from '../../../core/contract/versions.ts';
import type { Delivery } from '../../../core/delivery/model.ts';
import { loadTable } from '../../../core/lake/table.ts';
import { readFix } from '../../../core/replay/fix.ts';
import type { Asked } from '../../../core/revision/model.ts';
import { awsClients } from '../../../platform/aws.ts';
import { type ApprovalDeps, approve, reject, type Settled, undo } from '../../../platform/drift/approvals.ts';
import { type BackfillDeps, backfill, backfillApproved } from '../../../platform/drift/backfill.ts';
import { DriftStore } from '../../../platform/drift/store.ts';
import type { Engine } from '../../../platform/engine/duckdb.ts';
import { formatNotice } from '../../../platform/ingest/notice.ts';
import { defaultLimits } from '../../../platform/limits.ts';
import { askQuarantine } from '../../../platform/replay/pick.ts';
import { type ReplayDeps, replay } from '../../../platform/replay/replay.ts';
import { undoable, withReplays } from '../../../platform/revisions/undoable.ts';
import type { TestCloud } from '../support.ts';
import { type Change, contents, type File, type Mending } from './model.ts';

const base = contract('model.d', {
  describe: 'x',
  row: z.object({ product_id: id(), quantity: int({ min: 1 }) }),
  key: ['product_id'],
});

/** Datasets for runs: each begins with an empty one. */
export const contracts: readonly Contract[] = Array.from({ length: 1_000 }, (_, i) => ({
  ...base,
  ...{ name: `model.d${i}`, dataset: `d${i}` },
}));

const columns = {
  plain: 'product_id,quantity',
  renamed: 'Product No,quantity',
  email: 'product_id,quantity,buyer_email',
};
const word = { by: 'ada', why: 'a test' };

/** Content that returns to its key within a second is the same object to S3. */
const SECOND = 1_000;

export class Real {
  readonly contract: Contract;
  readonly #cloud: TestCloud;
  readonly #drift: DriftStore;
  readonly #deps: ApprovalDeps & ReplayDeps;
  readonly #filling: BackfillDeps & Pick<ApprovalDeps, 'drift'>;
  readonly #put = new Map<string, number>();

  constructor(of: Contract, cloud: TestCloud, engine: Engine) {
    this.contract = of;
    this.#cloud = cloud;
    const { ledger, objects, catalog, env, sqs, lake } = cloud;
    this.#drift = new DriftStore(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE);
    const lakeBucket = env.WHARF_LAKE_BUCKET!;
    const [tmp, now] = [env.WHARF_TMP!, () => new Date()];
    const drift = this.#drift;
    this.#filling = { drift, objects, catalog, lakeBucket, tmp, now, engine: async () => engine };
    const stores = { drift, ledger, objects, catalog, lake };
    this.#deps = {
      ...{ ...stores, lakeBucket, tmp, now, limits: defaultLimits, memoryMb: 300 },
      base: () => of,
      backfill: (evolved, changes) => backfill(evolved, changes, this.#filling),
      tell: async (entry) => {
        const message = { QueueUrl: cloud.landedQueue, MessageBody: formatNotice(entry) };
        for (const _twice of [1, 2]) await sqs.send(new SendMessageCommand(message));
      },
    };
  }

  /** @returns the delivery */
  async land({ key, shape, content }: File): Promise<string> {
    const lines = contents[content].map((quantity, i) =>
      [`P${content}${i}`, quantity, ...(shape === 'email' ? [`${content}${i}@example.com`] : [])].join(','),
    );
    const body = [columns[shape], ...lines].join('\n');
    const wait = (this.#put.get(key + body) ?? 0) + SECOND - Date.now();
    if (wait > 0) await new Promise((wake) => setTimeout(wake, wait));
    this.#put.set(key + body, Date.now());
    return (await this.#cloud.land(this.contract.name, key, body)).delivery;
  }

  /** @returns the new deliveries, by the one whose rows they have */
  async replay({ quantity, names }: Mending): Promise<Map<string, string>> {
    const contract = evolve(this.contract, changesAt(await this.#drift.versions(this.contract.name)));
    const map = names ? ['header:Product No=product_id'] : [];
    const fix = readFix({ set: [`quantity=${quantity}`], map }, contract);
    const asked = { contract, selection: {}, fix, by: 'the test', dryRun: false };
    const twice = [await replay(asked, this.#deps), await replay(asked, this.#deps)];
    await this.#cloud.idle();
    const entries = await this.#cloud.ledger.getAll([...new Set(twice.flatMap((one) => one.deliveries))]);
    return new Map(entries.map(({ delivery, origin }) => [origin!.join(), delivery]));
  }

  async undo(delivery: string, withReplaysToo: boolean): Promise<void> {
    const find = (id: string) => this.#cloud.ledger.get(id);
    const entry = await undoable(delivery, find);
    const deliveries = withReplaysToo ? await withReplays(entry, find) : [delivery];
    await this.#revise({ what: 'undo', deliveries });
  }

  rollback(to: string): Promise<void> {
    return this.#revise({ what: 'rollback', to });
  }

  /** The second finds nothing to do; in the end the first has to have been done. */
  async #revise(asked: Asked): Promise<void> {
    const first = await this.#cloud.ask(this.contract.name, asked);
    await this.#cloud.ask(this.contract.name, asked);
    await this.#cloud.idle();
    const { state, why } = (await this.#cloud.revisions.get(first.id))!;
    if (state !== 'done') throw new Error(`${asked.what} is ${state}: ${why?.message}`);
  }

  approve = (change: Change) => this.#decide(change, (id) => approve(id, word, this.#deps));
  reject = (change: Change, outcome: 'refuse' | 'land') =>
    this.#decide(change, (id) => reject(id, { ...word, outcome }, this.#deps));
  reconsider = (change: Change) => this.#decide(change, (id) => undo(id, word, this.#deps));

  /** @returns deliveries that went on, the first to be in the tables first */
  async #decide(change: Change, say: (id: string) => Promise<Settled>): Promise<string[]> {
    const kind = { renamed: 'renamed', email: 'new' }[change];
    const all = await Array.fromAsync(this.#drift.approvals(this.contract.name));
    const { released } = await say(
      all.find(({ findings }) => findings.some((one) => one.kind === kind))!.approval,
    );
    await this.#cloud.idle();
    const entries = await this.#cloud.ledger.getAll(released);
    const rank = ({ duplicate_of, ended_at }: Delivery) => `${duplicate_of === undefined ? 0 : 1}${ended_at}`;
    return entries.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(({ delivery }) => delivery);
  }

  /** As `wharf compact` does first of all. */
  async fill(): Promise<void> {
    await backfillApproved(this.contract, this.#filling);
  }

  /** The rows of the table: what each is, and where what stood in its new column is. */
  async rows(): Promise<string[]> {
    const { name } = this.contract;
    if (!(await this.#cloud.lake.tables()).includes(name)) return [];
    const rows = await this.#cloud.rows(`SELECT * FROM ${name}`);
    return rows.map((row) => {
      const rescued = JSON.parse(String(row._rescued ?? '{}')) as { buyer_email?: string };
      const email = row.buyer_email ? 'filled' : rescued.buyer_email ? 'rescued' : '-';
      return [row._delivery, row.product_id, row.quantity, email].join(' ');
    });
  }

  /** The rows of the quarantine: what each is, and what became of it. */
  async refused(): Promise<string[]> {
    const sql = 'SELECT _delivery, raw, status FROM refused';
    const found = await askQuarantine(this.#cloud.lake, this.contract, sql);
    return (found?.rows ?? []).map(({ _delivery, raw, status }) =>
      [_delivery, Object.values(JSON.parse(String(raw)) as object)[0], status].join(' '),
    );
  }

  async snapshot(): Promise<string | undefined> {
    const base = await loadTable(this.#cloud.catalog, this.#cloud.objects, this.contract.name);
    return base && String(base.metadata['current-snapshot-id']);
  }

  entries = () => this.#cloud.deliveries(this.contract.name);
  wrong = () => this.#cloud.audit(this.contract);
}
