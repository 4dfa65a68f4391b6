import { WharfError } from '../../core/errors.ts';
import type { Catalog } from '../../core/lake/model.ts';

/**
 * What a swap comes to that the catalog refused: the SDK repeats a request whose answer was lost, and then it is our
 * own write that stands there.
 * @throws WharfError `catalog.conflict` where it is somebody else's
 */
export async function refused(catalog: Catalog, table: string, next: string, cause?: unknown): Promise<void> {
  if ((await catalog.current(table)) === next) return;
  throw new WharfError(`Table ${table} was changed by somebody else at the same time`, {
    code: 'catalog.conflict',
    route: 'transient',
    fix: 'Plan the commit again from the current metadata',
    cause,
  });
}
