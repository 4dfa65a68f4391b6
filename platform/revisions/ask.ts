/** Asks for a revision: written down first, then told to the committer of the dataset, in its turn. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { revisionMessage } from '../../core/revision/item.ts';
import type { Revision } from '../../core/revision/model.ts';
import type { Revisions } from './revisions.ts';

export interface AskDeps {
  readonly revisions: Revisions;
  readonly sqs: SQSClient;
  readonly commitQueue: string;
  readonly now: () => Date;
}

/** Tells the committer of a revision. Telling twice is harmless. */
export async function tellCommitter(
  revision: Pick<Revision, 'id' | 'dataset'>,
  { sqs, commitQueue }: Pick<AskDeps, 'sqs' | 'commitQueue'>,
): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: commitQueue,
      MessageBody: revisionMessage(revision),
      MessageGroupId: revision.dataset,
      MessageDeduplicationId: randomUUID(),
    }),
  );
}

/** Writes a revision down and has it done. */
export async function askRevision(asked: Parameters<Revisions['open']>[0], deps: AskDeps): Promise<Revision> {
  const revision = await deps.revisions.open(asked, deps.now());
  await tellCommitter(revision, deps);
  return revision;
}

/** Revisions that were asked for and that no message may tell of any more, where queues do not outlive a process. */
export async function resumeRevisions(datasets: readonly string[], deps: AskDeps): Promise<void> {
  for (const dataset of datasets)
    for await (const revision of deps.revisions.list(dataset))
      if (revision.state === 'asked') await tellCommitter(revision, deps);
}
