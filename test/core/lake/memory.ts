import { WharfError } from '../../../core/errors.ts';
import type { Catalog, Files } from '../../../core/lake/model.ts';

/** Files and a catalog in memory: the documents are real, only where they stand is not. */
export class Memory implements Files, Catalog {
  readonly stored = new Map<string, Uint8Array>();
  readonly tables = new Map<string, string>();
  async read(path: string) {
    const bytes = this.stored.get(path);
    if (!bytes) throw new WharfError(`${path} does not exist`, { code: 'file.missing' });
    return bytes;
  }
  async write(path: string, bytes: Uint8Array) {
    this.stored.set(path, bytes);
  }
  async delete(paths: readonly string[]) {
    for (const path of paths) this.stored.delete(path);
  }
  async current(table: string) {
    return this.tables.get(table);
  }
  async swap(table: string, expected: string | undefined, next: string) {
    if (this.tables.get(table) !== expected)
      throw new WharfError('changed', { code: 'catalog.conflict', route: 'transient' });
    this.tables.set(table, next);
  }
  async list() {
    return [...this.tables.keys()];
  }
}
