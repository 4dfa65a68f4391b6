/** Lands refused rows again: one object, from which on they go a file's way. Nothing is written before it is put. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import { REPLAYS } from '../../core/delivery/key.ts';
import { type Delivery, isClosed } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import type { ReplayHeader } from '../../core/replay/model.ts';
import type { Session } from '../engine/duckdb.ts';
import { deliveryId } from '../ingest/identity.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';

interface LandDeps {
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly lakeBucket: string;
  readonly limits: { readonly objectBytes: number };
}

/** Writes an object's bytes: the header, and a line for each row of `rows`, which has `(n, origin, row, line, record)`. */
export async function writeReplay(
  session: Session,
  header: ReplayHeader,
  rows: string,
  dir: string,
  name: string,
): Promise<string> {
  const [lines, path] = [join(dir, `${name}.lines`), join(dir, `${name}.ndjson`)];
  await session.run(
    `COPY (SELECT origin, row, line, record FROM (${rows}) ORDER BY n) TO ${quote(lines)} (FORMAT json)`,
  );
  await writeFile(path, `${JSON.stringify(header)}\n`);
  await pipeline(createReadStream(lines), (chunks) => appendFile(path, chunks));
  return path;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** States in which an object has done, or may yet do, what it was put for. A delivery that was undone may come again. */
const holds = (entry: Delivery | undefined): boolean =>
  !entry || !isClosed(entry.state) || (entry.state === 'committed' && !entry.superseded_by);

/**
 * Puts the object, unless the same one is there already: the same rows mended in the same way are the same object.
 * @returns the id of the delivery it becomes
 * @throws WharfError `replay.too_large`
 */
export async function landReplay(
  file: string,
  { domain, dataset }: Pick<Contract, 'domain' | 'dataset'>,
  { objects, ledger, lakeBucket, limits }: LandDeps,
): Promise<string> {
  const id = (await hashOf(file)).slice(0, 24);
  const key = `${REPLAYS}/${domain}/${dataset}/${id}.ndjson`;
  const idOf = async (): Promise<string | undefined> => {
    const seen = await objects.look(lakeBucket, key);
    return seen && deliveryId(lakeBucket, key, seen);
  };
  const there = await idOf();
  if (there && holds(await ledger.get(there))) return there;
  const { size } = await stat(file);
  if (size > limits.objectBytes)
    throw new WharfError(`The rows take ${size} bytes; ${limits.objectBytes} are allowed in one replay`, {
      code: 'replay.too_large',
      route: 'usage',
      fix: 'Choose fewer with --delivery or --reason',
    });
  await objects.upload(`s3://${lakeBucket}/${key}`, file);
  return (await idOf())!;
}
