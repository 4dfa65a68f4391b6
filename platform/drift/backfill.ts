/**
 * Values that came before their column was known stand in `_rescued`: here they go where they belong. Each file that
 * has any is rewritten with the same rows, by the same delivery's name, and takes the old one's place in a `replace`
 * snapshot. Killed anywhere, it leaves bytes that nothing refers to; run again, it goes on where it was.
 */
import { randomBytes } from 'node:crypto';
import type { Change } from '../../core/contract/change.ts';
import type { Contract, Field } from '../../core/contract/model.ts';
import { fieldSql, typedSql, valueName } from '../../core/contract/sql.ts';
import { jsonText } from '../../core/contract/sql-type.ts';
import { ident } from '../../core/contract/text.ts';
import { awaitsBackfill, changesOf } from '../../core/drift/approval.ts';
import { candidates, commitReplace } from '../../core/lake/compact.ts';
import { deliveryOf, type TableMetadata } from '../../core/lake/metadata.ts';
import { compactedName, isCompacted } from '../../core/lake/roster.ts';
import { type IcebergSchema, tableColumns } from '../../core/lake/schema.ts';
import { loadTable } from '../../core/lake/table.ts';
import type { CompactDeps } from '../compact/compact.ts';
import { rewriteGroup } from '../compact/rewrite.ts';
import { lakePaths, newPrefix } from '../ingest/publish.ts';
import { currentSchema } from '../ingest/schemas.ts';
import { asApproved } from './registry.ts';
import type { DriftStore } from './store.ts';

export type BackfillDeps = Pick<CompactDeps, 'catalog' | 'objects' | 'engine' | 'lakeBucket' | 'tmp' | 'now'>;

export interface Backfilled {
  readonly files: number;
  readonly rows: number;
}

/** A field and the names its values were rescued under. */
interface Belated {
  readonly field: Field;
  readonly columns: readonly string[];
}

/** Values of a partition's field stay in `_rescued`: their rows would have to change places. */
function belated(contract: Contract, changes: readonly Change[]): Belated[] {
  const named = changes.flatMap((change) =>
    change.change === 'add'
      ? change.definition.aliases.map((alias) => ({ field: change.field, alias }))
      : change.change === 'alias'
        ? [change]
        : [],
  );
  const parts = new Set(contract.partitionBy.map(({ field }) => field));
  return [...Map.groupBy(named, ({ field }) => field)].flatMap(([name, of]) => {
    const field = contract.fields.find((f) => f.name === name);
    return field && !parts.has(name) ? [{ field, columns: of.map(({ alias }) => alias) }] : [];
  });
}

/** The fields as SQL over rows of the table: each with what was rescued for it, in names of its own. */
function found(from: string, fields: readonly Belated[]) {
  const sql = fields.map(({ field, columns }) => {
    const texts = columns.map((column) => jsonText('_rescued', column, field.type));
    return fieldSql(
      { ...field, default: undefined },
      {
        sql: `coalesce(${texts.map((one) => one.sql).join(', ')})`,
        container: texts.map((one) => one.container).join(' OR '),
      },
    );
  });
  const values = sql.map(({ field, fine }) => ({
    column: ident(field.name),
    value: `CASE WHEN ${fine} THEN ${valueName(field)} END`,
  }));
  return { typed: typedSql(from, sql), values };
}

/** Rows with what belongs into the fields, where it is fine and nothing stands there. */
function filled(from: string, fields: readonly Belated[]): string {
  const { typed, values } = found(from, fields);
  const replaced = values.map(({ column, value }) => `coalesce(${column}, ${value}) AS ${column}`);
  return `SELECT * REPLACE (${replaced.join(', ')}) FROM (${typed})`;
}

/** How many rows get a value they have not. */
function othersSql(from: string, fields: readonly Belated[]): string {
  const { typed, values } = found(from, fields);
  const gets = values.map(({ column, value }) => `(${column} IS NULL AND ${value} IS NOT NULL)`);
  return `SELECT count(*) AS n FROM (${typed}) WHERE ${gets.join(' OR ')}`;
}

/** The files that may have something in `_rescued`. */
async function rescuing(metadata: TableMetadata, schema: IcebergSchema, { objects }: BackfillDeps) {
  const column = schema.fields.find(({ name }) => name === '_rescued')?.id ?? 0;
  return (await candidates(metadata, objects)).filter(
    // A file without the column has no count of it.
    ({ nulls, records }) => (nulls.get(column) ?? records) < records,
  );
}

/** Fills the fields that some changes brought, in all rows that came before. */
export async function backfill(
  contract: Contract,
  changes: readonly Change[],
  deps: BackfillDeps,
): Promise<Backfilled> {
  const { catalog, objects, lakeBucket, now } = deps;
  const fields = belated(contract, changes);
  const base = fields.length ? await loadTable(catalog, objects, contract.name) : undefined;
  if (!base) return { files: 0, rows: 0 };
  const columns = tableColumns(contract);
  const schema = currentSchema(base.metadata, columns);
  const done = { files: 0, rows: 0 };
  for (const file of await rescuing(base.metadata, schema, deps)) {
    const own = isCompacted(file.path)
      ? compactedName(randomBytes(12).toString('hex'))
      : newPrefix(deliveryOf(file.path));
    const { files, rosters, changed } = await rewriteGroup([file], base.metadata, deps, {
      ...{ shares: [{ prefix: own }], schema },
      rows: (sql) => filled(sql, fields),
      others: (sql) => othersSql(sql, fields),
    });
    if (!changed) continue;
    const change = {
      ...{ columns, partitionBy: contract.partitionBy, location: lakePaths(lakeBucket, contract).data },
      ...{ append: files, now: now().getTime() },
    };
    const nonce = () => randomBytes(16).toString('hex');
    const committed = await commitReplace(new Set([file.path]), change, {
      ...{ catalog, files: objects, table: contract.name, nonce },
    });
    // Its delivery was taken back or replaced meanwhile.
    if (committed === undefined) await objects.delete([...files.map(({ path }) => path), ...rosters]);
    else {
      done.files++;
      done.rows += changed;
    }
  }
  return done;
}

/** Does what approvals left to do: those that came where no engine is, and files that were under way meanwhile. */
export async function backfillApproved(
  base: Contract,
  deps: BackfillDeps & { readonly drift: DriftStore },
): Promise<Backfilled> {
  const { drift, now } = deps;
  const done = { files: 0, rows: 0 };
  for await (const approval of drift.approvals(base.name)) {
    if (!awaitsBackfill(approval)) continue;
    const backfilled = now().toISOString();
    // Read after the approval: its version is there, or somebody has taken it back, and there is no such field.
    const { files, rows } = await backfill(await asApproved(base, drift), changesOf(approval), deps);
    await drift.decide(approval.approval, { backfilled }, ['approved']);
    done.files += files;
    done.rows += rows;
  }
  return done;
}
