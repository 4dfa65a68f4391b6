/** Retention of tables: snapshots past their time, and bytes that nothing refers to. */
import { randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { expireSnapshots, loadTable } from '../../core/lake/table.ts';
import { type AuditDeps, auditDataset, removeOrphans } from '../audit.ts';
import { retentionOf } from '../commit/tables.ts';
import { quarantineTable } from '../ingest/schemas.ts';

export interface ExpireDeps extends AuditDeps {
  /** Of snapshots. */
  readonly retentionDays: number;
}

const HOUR = 3_600_000;

/**
 * Nobody looks before these are deleted, as somebody does who asks `wharf fsck` for it: so they must be a day old
 * instead of an hour. Whatever writes to the lake is through by then.
 */
const ORPHANED_MS = 24 * HOUR;
const AUDITED_MS = HOUR;

/** Drops the snapshots of a dataset's two tables that are past their retention. @returns how many; `busy`: tables somebody else was changing */
export async function expire(
  contract: Contract,
  { catalog, objects, retentionDays, now }: ExpireDeps,
): Promise<{ snapshots: number; busy: number }> {
  const done = { snapshots: 0, busy: 0 };
  let moments: readonly number[] = [];
  for (const table of [contract.name, quarantineTable(contract.name)]) {
    const options = { catalog, files: objects, table, nonce: () => randomBytes(16).toString('hex') };
    try {
      const retention = retentionOf(retentionDays, now());
      done.snapshots += await expireSnapshots({ ...retention, moments }, options);
      // What the one can be taken back to, the other can be.
      const { metadata } = (await loadTable(catalog, objects, table)) ?? {};
      moments = metadata?.snapshots.map((s) => s['timestamp-ms']) ?? [];
    } catch (error) {
      // Whoever was faster has lost nothing, and tomorrow is another day.
      if (!(error instanceof WharfError && error.code === 'catalog.conflict')) throw error;
      done.busy++;
    }
  }
  return done;
}

/** Deletes what nothing in a dataset's tables and ledger has referred to for a day. @returns how many objects */
export async function deleteOrphans(contract: Contract, deps: ExpireDeps): Promise<number> {
  const then = (): Date => new Date(deps.now().getTime() - ORPHANED_MS + AUDITED_MS);
  const found = await auditDataset(contract, { ...deps, now: then });
  return (await removeOrphans(found, deps.objects)).length;
}
