/** A file that was refused whole lands again: as it is, or with other names for its columns. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { parseKey } from '../../core/delivery/key.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { isNoFix } from '../../core/replay/fix.ts';
import type { Fix, ReplayHeader } from '../../core/replay/model.ts';
import { Engine } from '../engine/duckdb.ts';
import { judge } from '../engine/judge.ts';
import { openSource } from '../engine/source.ts';
import { fetchFile } from '../fetch/index.ts';
import { deliveryId } from '../ingest/identity.ts';
import type { Limits } from '../limits.ts';
import type { SeenObject } from '../objects.ts';
import { NAMES, namedIn, ORIGIN, originOf } from './again.ts';
import type { ReplayAsked, ReplayDeps, Replayed } from './replay.ts';

/** S3 keeps two kilobytes of such words. */
const MOST = 1_500;

export interface FileDeps extends ReplayDeps {
  readonly limits: Limits;
}

/** Whether no row of a delivery was looked at: then there is none in quarantine either. */
export const isRefusedWhole = ({ state, manifest }: Delivery): boolean =>
  manifest === undefined && (state === 'refused' || state === 'failed');

const aliasesOf = ({ header }: Fix): ReplayHeader['aliases'] => {
  const byField = Object.groupBy(Object.entries(header), ([, field]) => field);
  return Object.fromEntries(Object.entries(byField).map(([field, of]) => [field, of!.map(([from]) => from)]));
};

const usage = (code: string, what: string, fix: string): WharfError =>
  new WharfError(what, { code, route: 'usage', fix });

/**
 * Lands the object of a delivery again, in its place: it is the content of its key, and later content replaces it.
 * @throws WharfError `replay.whole_file`, `replay.overtaken`, `replay.object_missing`
 */
export async function replayFile(
  entry: Delivery,
  { contract, fix, dryRun }: ReplayAsked,
  deps: FileDeps,
): Promise<Replayed> {
  if (!isNoFix({ ...fix, header: {} }))
    throw usage(
      'replay.whole_file',
      `Delivery ${entry.delivery} was refused whole: none of its rows has been read`,
      'Name its columns with --map header:Old=field; rows that are refused then can be mended in a second replay',
    );
  const metadata = { [ORIGIN]: entry.delivery, [NAMES]: encodeURIComponent(JSON.stringify(aliasesOf(fix))) };
  if (metadata[NAMES]!.length > MOST)
    throw usage(
      'replay.whole_file',
      'So many names do not fit beside an object',
      'Land the file with another header',
    );
  const { bucket, key: from } = entry;
  const key = keyIn(contract, from);
  const there = await deps.objects.look(bucket, key);
  const isAgain = there !== undefined && originOf(there) === entry.delivery;
  if (!isAgain) await requireCurrent(entry, key, there, deps);
  if (dryRun) return tryOut(entry, namedIn(contract, { metadata }), deps);
  if (!isAgain) {
    const { version, etag, bytes } = entry;
    await deps.objects.copy(`s3://${bucket}/${key}`, { bucket, key: from, version, etag, bytes }, metadata);
  }
  const landed = await deps.objects.look(bucket, key);
  return { picked: 0, passing: 0, failing: [], deliveries: landed ? [deliveryId(bucket, key, landed)] : [] };
}

/** Where a file of the dataset lands: where it is, or under the same name where it belongs. */
function keyIn({ name, domain, dataset }: Contract, key: string): string {
  const parsed = parseKey(key);
  return parsed.ok && parsed.dataset === name ? key : ['landing', domain, dataset, basename(key)].join('/');
}

/** Makes sure that nothing newer would be overtaken by what is old. */
async function requireCurrent(
  { delivery, bucket, key: from }: Delivery,
  key: string,
  there: SeenObject | undefined,
  { objects }: FileDeps,
): Promise<void> {
  const source = key === from ? there : await objects.look(bucket, from);
  if (!source)
    throw usage('replay.object_missing', `${from} is no longer in the landing zone`, 'Land the file again');
  const overtaken = deliveryId(bucket, from, source) !== delivery || (key !== from && there !== undefined);
  if (overtaken)
    throw usage(
      'replay.overtaken',
      `Something else stands under ${key} by now`,
      'A newer file is not replaced by an older one; `wharf deliveries` shows what became of it',
    );
}

/** Judges the object without keeping anything. */
async function tryOut(entry: Delivery, contract: Contract, deps: FileDeps): Promise<Replayed> {
  const refused = (why: string): Replayed => ({
    ...{ picked: 1, passing: 0, deliveries: [] },
    failing: [{ reason: why, rows: 1, examples: [] }],
  });
  const object = await deps.objects.open(entry.bucket, entry.key, entry.version);
  if (!object) return refused(reason('object_missing'));
  await mkdir(deps.tmp, { recursive: true });
  const dir = await mkdtemp(join(deps.tmp, 'replay-'));
  try {
    const known = new Set(namesInFiles(contract));
    const fetched = await fetchFile(object.body, {
      name: basename(entry.key),
      dir,
      limits: deps.limits,
      known,
    });
    if (!fetched.ok) return refused(fetched.reason);
    using engine = await Engine.open({ dir, memoryMb: deps.memoryMb });
    return await engine.session(async (session) => {
      const source = await openSource(session, contract, fetched.file, { ...deps.limits, threads: 2 });
      if (source.unrelated) return refused(reason('unknown_header'));
      const { read, quarantined, reasons } = await judge(session, contract, source);
      const failing = Object.entries(reasons).map(([why, rows]) => ({ reason: why, rows, examples: [] }));
      return { picked: read, passing: read - quarantined, failing, deliveries: [] };
    });
  } finally {
    object.body.destroy();
    await rm(dir, { recursive: true, force: true });
  }
}
