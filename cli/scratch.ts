/** Folders for files in the making. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** A folder of this process's own under a state folder, made by whoever writes there; gone once it is disposed of. */
export function scratch(state: string, name: string): Disposable & { readonly path: string } {
  const path = join(state, name, String(process.pid));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
