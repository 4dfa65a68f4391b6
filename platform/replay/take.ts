/** The way of an object that brings refused rows again: fetched, judged as a file would be, and the rows released. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { quote } from '../../core/contract/text.ts';
import { emptyBooks, type Manifest } from '../../core/delivery/model.ts';
import { fieldIds } from '../../core/lake/schema.ts';
import type { ReplayHeader } from '../../core/replay/model.ts';
import { type Places, toRanges } from '../../core/replay/ranges.ts';
import type { Session } from '../engine/duckdb.ts';
import { type Production, produceFrom } from '../ingest/produce.ts';
import type { Schemas } from '../ingest/schemas.ts';
import { withAliases } from './aliases.ts';
import { recordsSource } from './records.ts';
import { writeReleases } from './releases.ts';

interface FetchedReplay {
  readonly path: string;
  readonly sha256: string;
  readonly header: ReplayHeader;
}

/** Brings an object onto this disk and reads what its first line says. */
export async function fetchReplay(body: Readable, dir: string): Promise<FetchedReplay> {
  const path = join(dir, 'replay.ndjson');
  const hash = createHash('sha256');
  body.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(body, createWriteStream(path));
  const lines = createInterface(createReadStream(path));
  const first = await lines[Symbol.asyncIterator]().next();
  lines.close();
  return { path, sha256: hash.digest('hex'), header: JSON.parse(String(first.value)) as ReplayHeader };
}

/** Longest line there may be: a record of the largest kind, all of it escaped. */
const LONGEST = 100 << 20;

/** The rows of a replay's object as the table `picked(n, origin, row, line, record)`. */
async function readRows(session: Session, path: string): Promise<void> {
  const { size } = await stat(path);
  const columns = `{'origin': 'VARCHAR', 'row': 'BIGINT', 'line': 'BIGINT', 'record': 'VARCHAR'}`;
  await session.run(
    `CREATE TABLE picked AS SELECT row_number() OVER () AS n, * FROM read_json(${quote(path)}, format = 'newline_delimited', columns = ${columns}, maximum_object_size = ${Math.min(Math.max(size, 1 << 20), LONGEST)}) WHERE origin IS NOT NULL`,
  );
}

/** Judges and writes what a replay brings, and the release of each row beside it. */
export async function produceReplay(
  session: Session,
  { path, sha256, header }: FetchedReplay,
  production: Omit<Production, 'file'>,
  deps: { readonly schemas: Schemas },
): Promise<Manifest> {
  const { contract, entry, prefix } = production;
  await readRows(session, path);
  const manifest =
    header.release === 'discarded'
      ? await nothing(sha256, production, deps)
      : await produceAs(withAliases(contract, header.aliases));
  const ids = fieldIds((await deps.schemas.of(contract)).quarantine);
  const target = { dir: join(production.dir, 'releases'), prefix: `${prefix}r`, fieldIds: ids };
  const files = await writeReleases(session, { entry, header }, target);
  const releases = await placesOf(session);
  const released = files.reduce((sum, { records }) => sum + records, 0);
  return { ...manifest, quarantine: [...manifest.quarantine, ...files], releases, released };

  function produceAs(named: typeof contract): Promise<Manifest> {
    const source = recordsSource(named, 'picked');
    return produceFrom(session, source, { ...production, contract: named, sha256 }, deps);
  }
}

/** The manifest of a delivery that brings no row. */
async function nothing(
  sha256: string,
  { entry, contract }: Omit<Production, 'file'>,
  { schemas }: { readonly schemas: Schemas },
): Promise<Manifest> {
  const { delivery } = entry;
  const ids = fieldIds((await schemas.of(contract)).data);
  const none = { data: [], quarantine: [], reasons: {}, refused: false };
  return { delivery, dataset: contract.name, sha256, ...emptyBooks, ...none, fieldIds: ids };
}

async function placesOf(session: Session): Promise<Places> {
  const rows = await session.rows(
    'SELECT origin, list(coalesce(row, -line)) AS places FROM picked GROUP BY origin ORDER BY origin',
  );
  return Object.fromEntries(
    rows.map(({ origin, places }) => [String(origin), toRanges((places as string[]).map(Number))]),
  );
}
