import { expect, it } from '@jest/globals';
import type { Files } from '../../../core/lake/model.ts';
import { remembering } from '../../../platform/commit/remembering.ts';

/** Files in memory that note what is read of them. */
function noted() {
  const stored = new Map<string, Uint8Array>();
  const reads: string[] = [];
  const files: Files = {
    async read(path) {
      reads.push(path);
      return stored.get(path) ?? Promise.reject(new Error(`${path} is not there`));
    },
    async write(path, bytes) {
      stored.set(path, bytes);
    },
    async delete(paths) {
      for (const path of paths) stored.delete(path);
    },
  };
  return { files, reads };
}

const bytes = new Uint8Array(10);

it('asks for no file twice, and for none it has just written', async () => {
  const { files, reads } = noted();
  await files.write('old', bytes);
  const quick = remembering(files, 100);
  await quick.write('new', bytes);
  for (const path of ['old', 'new', 'old', 'new']) expect(await quick.read(path)).toBe(bytes);
  expect(reads).toEqual(['old']);
});

it('forgets what was used longest ago once it holds enough', async () => {
  const { files, reads } = noted();
  const quick = remembering(files, 25);
  for (const path of ['a', 'b', 'c']) await quick.write(path, bytes);
  for (const path of ['c', 'b', 'a', 'b', 'c']) await quick.read(path);
  expect(reads).toEqual(['a', 'c']);
});

it('knows nothing of a file that was deleted', async () => {
  const quick = remembering(noted().files, 100);
  await quick.write('a', bytes);
  await quick.delete(['a']);
  await expect(quick.read('a')).rejects.toThrow('not there');
});

it('does not remember what could not be written', async () => {
  const { files } = noted();
  const quick = remembering({ ...files, write: () => Promise.reject(new Error('full')) }, 100);
  await expect(quick.write('a', bytes)).rejects.toThrow('full');
  await expect(quick.read('a')).rejects.toThrow('not there');
});
