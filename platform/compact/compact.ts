/**
 * Compaction: the many small files of events become few. Readers see the same rows before and after; whoever is killed
 * in between leaves bytes that nothing refers to. See ADR 10.
 */
import { randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import type { Candidate, Sizes } from '../../core/lake/compact.ts';
import { candidates, commitReplace, planGroups } from '../../core/lake/compact.ts';
import { deliveryOf } from '../../core/lake/metadata.ts';
import { type Catalog, recordsOf } from '../../core/lake/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import { isCompacted } from '../../core/lake/roster.ts';
import { quarantineTableColumns, tableColumns } from '../../core/lake/schema.ts';
import { loadTable } from '../../core/lake/table.ts';
import type { Engine } from '../engine/duckdb.ts';
import { lakePaths } from '../ingest/publish.ts';
import { quarantineTable } from '../ingest/schemas.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';
import { type Rewritten, rewriteGroup } from './rewrite.ts';

export interface CompactDeps {
  readonly catalog: Catalog;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly engine: () => Promise<Engine>;
  readonly lakeBucket: string;
  /** Folder for files in the making. */
  readonly tmp: string;
  readonly now: () => Date;
}

/** What became of one table. */
export interface Compacted {
  readonly table: string;
  /** Files that were rewritten, and those that took their place. */
  readonly before: number;
  readonly after: number;
  readonly rows: number;
}

/** Compacts the two tables of a dataset. */
export async function compactDataset(
  contract: Contract,
  deps: CompactDeps,
  sizes: Sizes = {},
): Promise<Compacted[]> {
  const done: Compacted[] = [];
  for (const [table, layout] of layoutsOf(contract, deps))
    done.push(await compactTable(table, layout, deps, sizes));
  return done;
}

/** The two tables of a dataset, and what each is to be like. */
export function layoutsOf(
  contract: Contract,
  { lakeBucket }: Pick<CompactDeps, 'lakeBucket'>,
): readonly (readonly [table: string, layout: Layout])[] {
  const paths = lakePaths(lakeBucket, contract);
  const quarantine = { columns: quarantineTableColumns, partitionBy: quarantinePartition };
  return [
    [
      contract.name,
      { columns: tableColumns(contract), partitionBy: contract.partitionBy, location: paths.data },
    ],
    [quarantineTable(contract.name), { ...quarantine, location: paths.quarantine }],
  ];
}

type Layout = Omit<Parameters<typeof commitReplace>[1], 'append' | 'now' | 'since'>;

async function compactTable(
  table: string,
  layout: Layout,
  deps: CompactDeps,
  sizes: Sizes,
): Promise<Compacted> {
  const { catalog, objects } = deps;
  const done = { table, before: 0, after: 0, rows: 0 };
  const base = await loadTable(catalog, objects, table);
  if (!base) return done;
  const groups = planGroups(await lasting(await candidates(base.metadata, objects), deps), sizes);
  for (const group of groups) {
    const rewritten = await rewriteGroup(group, base.metadata, deps);
    if (!(await replaceGroup(group, rewritten, [table, layout], deps))) continue;
    const { files } = rewritten;
    done.before += group.length;
    done.after += files.length;
    done.rows += recordsOf(files);
  }
  return done;
}

/** Puts what was rewritten in the place of a group. @returns whether all of that was still there; otherwise nothing is left of it */
export async function replaceGroup(
  group: readonly Candidate[],
  { files, rosters }: Rewritten,
  [table, layout]: readonly [string, Layout],
  { catalog, objects, now }: CompactDeps,
): Promise<boolean> {
  const gone = new Set(group.map(({ path }) => path));
  const change = { ...layout, append: files, now: now().getTime() };
  const nonce = () => randomBytes(16).toString('hex');
  const snapshot = await commitReplace(gone, change, { catalog, files: objects, table, nonce });
  if (snapshot === undefined) await objects.delete([...files.map(({ path }) => path), ...rosters]);
  return snapshot !== undefined;
}

/** Deliveries looked up in one request. */
const LOOKED_UP = 100;

/**
 * The files whose rows nothing takes back by file: those of events, for no other delivery ever has their key. Those of
 * landed files stay one delivery's each, so that new content under their key can take their place.
 */
async function lasting(files: readonly Candidate[], { ledger }: CompactDeps): Promise<Candidate[]> {
  const own = files.filter(({ path }) => !isCompacted(path));
  const deliveries = [...new Set(own.map(({ path }) => deliveryOf(path)))];
  const ofEvents = new Set<string>();
  for (let i = 0; i < deliveries.length; i += LOOKED_UP)
    for (const { delivery, engine } of await ledger.getAll(deliveries.slice(i, i + LOOKED_UP)))
      if (engine === 'node') ofEvents.add(delivery);
  return files.filter(({ path }) => isCompacted(path) || ofEvents.has(deliveryOf(path)));
}
