import { AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';

/**
 * dynalite 4 ends what it reads through by `return`, which iterators of abstract-level 3 do not have: each query and each
 * scan would leave one open, and with it the state of the tables it saw, in memory and on disk, for as long as the process lives.
 */
export function closeIterators(): void {
  for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator])
    Object.defineProperty(prototype, 'return', {
      configurable: true,
      value: function close(this: AbstractKeyIterator<unknown, unknown>) {
        return this.close();
      },
    });
}
