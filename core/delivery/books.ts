/** Promise 1, as code that runs in production. */
import { WharfError } from '../errors.ts';
import type { Books } from './model.ts';

/** Whether every row read is accounted for. */
export const balanced = ({ read, accepted, quarantined, duplicate }: Books): boolean =>
  read === accepted + quarantined + duplicate;

/**
 * Stops a delivery whose rows do not add up before anything of it becomes visible.
 * @throws WharfError `books.unbalanced`: a bug of Wharf, never the data's fault
 */
export function assertBalanced(
  delivery: string,
  books: Books,
  written: { data: number; quarantine: number },
): void {
  const { read, accepted, quarantined, duplicate } = books;
  if (balanced(books) && written.data === accepted && written.quarantine === quarantined) return;
  throw new WharfError(
    `Delivery ${delivery}: read ${read} ≠ accepted ${accepted} (${written.data} written) + quarantined ${quarantined} (${written.quarantine} written) + duplicate ${duplicate}`,
    { code: 'books.unbalanced', fix: 'Nothing was committed. Report this with the file, please' },
  );
}
