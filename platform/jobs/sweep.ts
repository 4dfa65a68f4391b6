/**
 * The sweep: finds what landed and was never taken in, and tells of it as S3 would have. Ingestion takes in what it is
 * told of twice once, so the sweep may be wrong about what was lost, and may stop anywhere.
 */
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { WharfError } from '../../core/errors.ts';
import { deliveryId } from '../ingest/identity.ts';
import { formatNotices } from '../ingest/notice.ts';
import type { Ledger } from '../ledger.ts';
import type { ListedVersion, ObjectStore } from '../objects.ts';
import type { Watermarks } from './watermarks.ts';

export interface SweepDeps {
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  readonly sqs: SQSClient;
  readonly landedQueueUrl: string;
  readonly landingBucket: string;
  readonly now: () => Date;
}

export interface Swept {
  /** Versions of objects that were listed, and those of them looked up in the ledger. */
  readonly listed: number;
  readonly looked_at: number;
  /** Versions nobody had heard of. */
  readonly lost: number;
}

const MINUTE = 60_000;
/** Younger ones may still be on their way. */
const SETTLED_MS = 15 * MINUTE;
/**
 * An object bears the time its upload began, and a sweep in between cannot see it: one request lasts an hour at the
 * most, an upload in parts the three days after which the bucket gives it up (lib/storage.ts).
 */
const UPLOAD_MS = { whole: 60 * MINUTE, parts: 3 * 24 * 60 * MINUTE };
/** Ids looked up, and messages sent, in one request. */
const LOOKED_UP = 100;
const SENT = 10;

const isInParts = ({ etag }: ListedVersion): boolean => etag.includes('-');

/**
 * Sweeps the objects under a prefix of the landing zone: all of them the first time, later what is newer than the last
 * sweep was.
 * @param settledMs how old an object must be to be missed
 */
export async function sweep(prefix: string, deps: SweepDeps, settledMs = SETTLED_MS): Promise<Swept> {
  const { objects, watermarks, landingBucket, now } = deps;
  const until = now().getTime() - settledMs;
  const since = (await watermarks.get(prefix))?.getTime() ?? 0;
  const swept = { listed: 0, looked_at: 0, lost: 0 };
  for await (const page of objects.versions(landingBucket, prefix)) {
    const open = page.filter((version) => {
      const at = version.lastModified.getTime();
      return at <= until && at > since - UPLOAD_MS[isInParts(version) ? 'parts' : 'whole'];
    });
    swept.listed += page.length;
    swept.looked_at += open.length;
    for (let i = 0; i < open.length; i += LOOKED_UP) {
      const lost = await unheardOf(open.slice(i, i + LOOKED_UP), deps);
      await tellOf(lost, deps);
      swept.lost += lost.length;
    }
  }
  await watermarks.put(prefix, new Date(until));
  return swept;
}

async function unheardOf(
  versions: readonly ListedVersion[],
  { ledger, landingBucket }: SweepDeps,
): Promise<ListedVersion[]> {
  const ids = versions.map((version) => deliveryId(landingBucket, version.key, version));
  const known = new Set((await ledger.getAll(ids)).map(({ delivery }) => delivery));
  return versions.filter((_, i) => !known.has(ids[i]!));
}

async function tellOf(
  lost: readonly ListedVersion[],
  { sqs, landedQueueUrl, landingBucket }: SweepDeps,
): Promise<void> {
  for (let i = 0; i < lost.length; i += SENT) {
    const Entries = lost.slice(i, i + SENT).map((version, j) => ({
      Id: String(j),
      MessageBody: formatNotices([{ bucket: landingBucket, ...version }]),
    }));
    const { Failed = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: landedQueueUrl, Entries }),
    );
    if (Failed.length > 0)
      throw new WharfError(`The queue of what landed refused ${Failed.length} messages: ${Failed[0]!.Code}`, {
        code: 'sweep.not_told',
        route: 'transient',
        fix: 'The next sweep finds them again; if it stays, look at the quotas and the key of the queue',
      });
  }
}
