/** Asks for an undo as `wharf undo` does, over the lean client. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type NewRevision, revisionItem, revisionMessage } from '../../core/revision/item.ts';
import type { AwsCall } from '../aws-json.ts';
import { itemKey } from '../ledger-items.ts';
import type { Desk } from './desk.ts';

/** Tells the committer of a revision, in its turn. */
export type TellCommitter = (revision: Pick<NewRevision, 'id' | 'dataset'>) => Promise<void>;

export const committer =
  (call: AwsCall, QueueUrl: string): TellCommitter =>
  async (revision) => {
    await call('SendMessage', {
      ...{ QueueUrl, MessageBody: revisionMessage(revision) },
      ...{ MessageGroupId: revision.dataset, MessageDeduplicationId: randomUUID() },
    });
  };

export interface AskUndoDeps {
  readonly desk: Pick<Desk, 'put'>;
  readonly tellCommitter: TellCommitter;
  readonly now: () => Date;
}

/** Writes the undo of deliveries down and has it done. @returns the id of the revision */
export async function askUndo(
  asked: Pick<NewRevision, 'dataset' | 'by' | 'reason'> & { readonly deliveries: readonly string[] },
  { desk, tellCommitter, now }: AskUndoDeps,
): Promise<string> {
  const { dataset, by, reason, deliveries } = asked;
  const id = randomBytes(12).toString('hex');
  const at = now().toISOString();
  const item = revisionItem({ id, dataset, by, reason, at, asked: { what: 'undo', deliveries } });
  await desk.put(itemKey.revision(id), item);
  await tellCommitter({ id, dataset });
  return id;
}
