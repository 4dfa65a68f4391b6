/**
 * Drift's part of the ledger:
 * - `contract#<dataset>`: the versions of a contract over the code's own, all of them
 * - `approval#<id>`: changes that were asked for, and what became of them: the queue, and the log
 * - `profile#<dataset>`: what earlier deliveries looked like, in figures
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Version } from '../../core/contract/versions.ts';
import type { Approval } from '../../core/drift/approval.ts';
import type { History } from '../../core/drift/model.ts';
import { Items } from '../items.ts';
import { itemKey } from '../ledger-items.ts';
import { approvalIn, queueOf, versionsIn } from './items.ts';

/** A history with the time it was written. */
export interface KeptHistory {
  readonly history: History;
  readonly at: string;
}

export class DriftStore {
  readonly #items: Items;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#items = new Items(client, table);
  }

  async versions(dataset: string): Promise<Version[]> {
    return versionsIn(await this.#items.get(itemKey.contract(dataset)));
  }

  /** Adds a version after those given. @returns false where somebody else was faster */
  addVersion(dataset: string, before: readonly Version[], version: Version): Promise<boolean> {
    const item = { count: String(version.version), versions: JSON.stringify([...before, version]) };
    return this.#items.add(
      itemKey.contract(dataset),
      item,
      before.length ? { count: [String(before.length)] } : {},
    );
  }

  async history(dataset: string): Promise<KeptHistory | undefined> {
    const item = await this.#items.get(itemKey.profile(dataset));
    return item && { history: JSON.parse(String(item.history)) as History, at: String(item.at) };
  }

  /** Of two that write at a time one is forgotten: a delivery more or less changes no figure by much. */
  keepHistory(dataset: string, { history, at }: KeptHistory): Promise<void> {
    return this.#items.put(itemKey.profile(dataset), { history: JSON.stringify(history), at });
  }

  async approval(id: string): Promise<Approval | undefined> {
    const item = await this.#items.get(itemKey.approval(id));
    return item && approvalIn(item);
  }

  /** Puts it into the queue, unless it is there. */
  async ask({ dataset, asked_at, findings, deliveries: _none, ...rest }: Approval): Promise<void> {
    const indexed = { dataset: queueOf(dataset), landed_at: asked_at, of: dataset };
    await this.#items.add(itemKey.approval(rest.approval), {
      ...rest,
      ...indexed,
      findings: JSON.stringify(findings),
    });
  }

  /** Notes that a delivery came so. Twice is once. */
  brought(id: string, delivery: string): Promise<void> {
    return this.#items.addTo(itemKey.approval(id), 'deliveries', delivery);
  }

  /** Writes what became of an approval, while it is in one of the states `from`. @returns whether it was */
  decide(id: string, fields: Partial<Approval>, from: readonly Approval['state'][]): Promise<boolean> {
    return this.#items.update(itemKey.approval(id), fields, from, fields.state ? ['refused'] : []);
  }

  /** Approvals of a dataset, the newest first. */
  async *approvals(dataset: string): AsyncIterable<Approval> {
    for await (const item of this.#items.query('by_dataset', 'dataset', queueOf(dataset)))
      yield approvalIn(item);
  }

  /** Notes that there are rows again that may lack values of columns which were approved since: `compact` looks at them. */
  async unfilled(dataset: string, now: Date): Promise<void> {
    for await (const { approval, state } of this.approvals(dataset))
      if (state === 'approved') await this.decide(approval, { unfilled: now.toISOString() }, ['approved']);
  }
}
