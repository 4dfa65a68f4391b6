/** A revision as an item of the ledger: flat, and indexed beside the deliveries of its dataset. */
import type { Asked, Revision } from './model.ts';

/** Where they stand in the index of datasets: no dataset is called so. */
export const revisionsOf = (dataset: string): string => `${dataset} revisions`;

export type NewRevision = Pick<Revision, 'id' | 'dataset' | 'asked' | 'by' | 'reason' | 'at'>;

/** The item of a revision nobody has done yet. */
export const revisionItem = ({ dataset, asked, ...revision }: NewRevision) => ({
  ...{ ...revision, ...asked, state: 'asked' },
  ...{ of: dataset, dataset: revisionsOf(dataset), landed_at: revision.at },
});

/** The revision of an item. */
export function revisionOf(item: Readonly<Record<string, unknown>>): Revision {
  const { pk: _pk, sk: _sk, landed_at: _at, of, what, deliveries, to, ...rest } = item;
  const asked = { what, ...(what === 'undo' ? { deliveries } : { to }) } as Asked;
  return { ...rest, dataset: of, asked } as unknown as Revision;
}

/** What tells the committer of a revision. */
export const revisionMessage = ({ id, dataset }: Pick<Revision, 'id' | 'dataset'>): string =>
  JSON.stringify({ revision: id, dataset });
