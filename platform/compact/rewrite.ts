/** A group of files → files with the same rows, uploaded with the rosters they need, in no table yet. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ident, quote } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import type { Candidate } from '../../core/lake/compact.ts';
import { schemaOf, type TableMetadata } from '../../core/lake/metadata.ts';
import { type DataFile, recordsOf } from '../../core/lake/model.ts';
import { compactedName, formatRoster, isCompacted, rosterPath } from '../../core/lake/roster.ts';
import { fieldIds, type IcebergSchema } from '../../core/lake/schema.ts';
import { copy, type LocalFile } from '../engine/copy.ts';
import type { Session } from '../engine/duckdb.ts';
import { outcome } from '../engine/verdict.ts';
import { placed } from '../ingest/publish.ts';
import { scanSql } from '../query.ts';
import type { CompactDeps } from './compact.ts';

export interface Rewritten {
  readonly files: readonly DataFile[];
  /** Paths of the rosters that stand beside them. */
  readonly rosters: readonly string[];
  /** Rows that are others, where that was asked. */
  readonly changed?: number;
}

/** How many files are fetched side by side. */
const FETCHES = 16;

/** Rows that get a file of their own. */
export interface Share {
  /** What the name of the file starts with. */
  readonly prefix: string;
  /** SQL on the columns of the table. @default all rows */
  readonly where?: string;
}

/** How files are rewritten. */
export interface Rewriting {
  /** No row is in two of them. @default one for all */
  readonly shares?: readonly Share[];
  /** @default the table's */
  readonly schema?: IcebergSchema;
  /** `SELECT` of the rows as they are to be, from the rows as they are. @default as they are */
  readonly rows?: (sql: string) => string;
  /** `SELECT` of `n`, the rows that will be others; where there are none, nothing is written. @default nobody asks */
  readonly others?: (sql: string) => string;
}

/** The share of a file that may hold rows of many deliveries. */
export const common = (where?: string): Share => ({
  prefix: compactedName(randomBytes(12).toString('hex')),
  where,
});

/** Rewrites a group of one partition. @throws WharfError `compact.unbalanced` where a row would be lost or doubled */
export async function rewriteGroup(
  group: readonly Candidate[],
  metadata: TableMetadata,
  { objects, engine, tmp }: Pick<CompactDeps, 'objects' | 'engine' | 'tmp'>,
  { shares = [common()], schema = schemaOf(metadata), rows = (sql) => sql, others }: Rewriting = {},
): Promise<Rewritten> {
  await mkdir(tmp, { recursive: true });
  const dir = await mkdtemp(join(tmp, 'compact-'));
  try {
    const sources = group.map((_, i) => join(dir, `${i}.parquet`));
    for (let i = 0; i < group.length; i += FETCHES)
      await Promise.all(
        group
          .slice(i, i + FETCHES)
          .map(async ({ path }, j) => writeFile(sources[i + j]!, await objects.read(path))),
      );
    const { fields } = schema;
    const columns = Object.fromEntries(fields.map(({ name }) => [name, ident(name)]));
    const scan = scanSql(fields, sources);
    const ids = fieldIds(schema);
    return await (await engine()).session(async (session) => {
      const changed = others && Number((await session.row(others(scan))).n);
      if (changed === 0) return { files: [], rosters: [], changed };
      const written: { readonly local: LocalFile; readonly prefix: string }[] = [];
      for (const [i, { prefix, where = 'true' }] of shares.entries()) {
        const all = `SELECT *, ${outcome.accepted} AS outcome FROM (${rows(scan)}) WHERE ${where}`;
        const options = { dir: join(dir, `out${i}`), prefix, fieldIds: ids };
        for (const local of await copy(session, columns, all, [], options)) written.push({ local, prefix });
      }
      requireSame(
        group,
        written.map(({ local }) => local),
      );
      const files: DataFile[] = [];
      for (const { local, prefix } of written) {
        const { outcome: _, ...data } = local;
        const file = placed({ ...data, partition: group[0]!.partition }, metadata.location, prefix);
        if (isCompacted(file.path))
          await objects.write(rosterPath(file.path), formatRoster(await rosterOf(local.path, session)));
        await objects.upload(file.path, local.path);
        files.push(file);
      }
      const rosters = files.map(({ path }) => path).filter(isCompacted);
      return { files, rosters: rosters.map(rosterPath), changed };
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function rosterOf(file: string, session: Session): Promise<Record<string, number>> {
  const found = await session.rows(
    `SELECT _delivery, count(*) AS n FROM read_parquet(${quote(file)}) GROUP BY _delivery ORDER BY _delivery`,
  );
  return Object.fromEntries(found.map(({ _delivery, n }) => [String(_delivery), Number(n)]));
}

function requireSame(group: readonly Candidate[], written: readonly LocalFile[]): void {
  const [before, after] = [recordsOf(group), recordsOf(written)];
  if (before === after) return;
  throw new WharfError(`${group.length} files have ${before} rows, and ${after} were written`, {
    code: 'compact.unbalanced',
    fix: 'Nothing was changed. Report this, please',
  });
}
