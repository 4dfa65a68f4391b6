/**
 * Gives deliveries whose rows compaction put together with those of others files of their own again, so that the
 * committer, which carries no engine, can take them out by file. The rows stay the same.
 */
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import { candidates } from '../../core/lake/compact.ts';
import { isCompacted, readRoster } from '../../core/lake/roster.ts';
import { loadTable } from '../../core/lake/table.ts';
import { newPrefix } from '../ingest/publish.ts';
import { type CompactDeps, layoutsOf, replaceGroup } from './compact.ts';
import { common, rewriteGroup } from './rewrite.ts';

/** Sets deliveries of a dataset apart. @returns how many files were rewritten */
export async function setApart(
  contract: Contract,
  deliveries: readonly string[],
  deps: CompactDeps,
): Promise<number> {
  const { catalog, objects } = deps;
  let rewritten = 0;
  for (const layout of layoutsOf(contract, deps)) {
    const base = await loadTable(catalog, objects, layout[0]);
    for (const file of base ? await candidates(base.metadata, objects) : []) {
      if (!isCompacted(file.path)) continue;
      const roster = await readRoster(file.path, objects);
      const held = deliveries.filter((delivery) => delivery in roster);
      if (held.length === 0) continue;
      const own = held.map((delivery) => ({
        prefix: newPrefix(delivery),
        where: `_delivery = ${quote(delivery)}`,
      }));
      const rest = common(`_delivery NOT IN (${held.map(quote).join(', ')})`);
      const files = await rewriteGroup([file], base!.metadata, deps, { shares: [...own, rest] });
      if (await replaceGroup([file], files, layout, deps)) rewritten++;
    }
  }
  return rewritten;
}
