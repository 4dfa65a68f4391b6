/** Files that were read or written not long ago, kept in memory. */
import type { Files } from '../../core/lake/model.ts';

/**
 * The same files, the latest of them up to `most` bytes from memory. Only for files that never change: a table's
 * documents are such, and the one who commits reads next what it has just written.
 */
export function remembering(files: Files, most: number): Files {
  const known = new Map<string, Uint8Array>();
  let held = 0;
  const forget = (path: string) => {
    held -= known.get(path)?.length ?? 0;
    known.delete(path);
  };
  const keep = (path: string, bytes: Uint8Array): Uint8Array => {
    forget(path);
    known.set(path, bytes);
    held += bytes.length;
    // A map is in order of insertion: what was used longest ago comes first.
    for (const oldest of known.keys()) {
      if (held <= most) break;
      forget(oldest);
    }
    return bytes;
  };
  return {
    read: async (path) => keep(path, known.get(path) ?? (await files.read(path))),
    async write(path, bytes) {
      await files.write(path, bytes);
      keep(path, bytes);
    },
    async delete(paths) {
      paths.forEach(forget);
      await files.delete(paths);
    },
  };
}
