/** Drift's items of the ledger, as both its clients read them: the SDK's, and the API's lean one. */
import type { Version } from '../../core/contract/versions.ts';
import type { Approval } from '../../core/drift/approval.ts';

type Item = Readonly<Record<string, unknown>>;

/** Where the index has the approvals of a dataset, apart from its deliveries. */
export const queueOf = (dataset: string): string => `approvals#${dataset}`;

/** The versions an item of `contract#…` tells of. */
export const versionsIn = (item: Item | undefined): Version[] =>
  item ? (JSON.parse(String(item.versions)) as Version[]) : [];

/** The approval an item of `approval#…` is. */
export function approvalIn(item: Item): Approval {
  const { pk: _pk, sk: _sk, landed_at, of, findings, deliveries, ...rest } = item;
  return {
    ...(rest as unknown as Approval),
    dataset: String(of),
    asked_at: String(landed_at),
    findings: JSON.parse(String(findings)),
    deliveries: [...((deliveries as Iterable<string> | undefined) ?? [])].sort(),
  };
}
