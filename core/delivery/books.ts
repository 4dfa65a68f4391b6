/** Promise 1, as code that runs in production. */
import { WharfError } from '../errors.ts';
import { type DataFile, recordsOf } from '../lake/model.ts';
import type { Books } from './model.ts';

/** Whether every row read is accounted for. */
export const balanced = ({ read, accepted, quarantined, duplicate }: Books): boolean =>
  read === accepted + quarantined + duplicate;

/** The files of each table. */
type Written = Readonly<Record<'data' | 'quarantine', readonly Pick<DataFile, 'records'>[]>>;

/**
 * Stops a delivery whose rows do not add up before anything of it becomes visible.
 * @throws WharfError `books.unbalanced`: a bug of Wharf, never the data's fault
 */
export function assertBalanced(delivery: string, books: Books, written: Written): void {
  const { read, accepted, quarantined, duplicate } = books;
  const [data, quarantine] = [recordsOf(written.data), recordsOf(written.quarantine)];
  if (balanced(books) && data === accepted && quarantine === quarantined) return;
  throw new WharfError(
    `Delivery ${delivery}: read ${read} ≠ accepted ${accepted} (${data} written) + quarantined ${quarantined} (${quarantine} written) + duplicate ${duplicate}`,
    { code: 'books.unbalanced', fix: 'Nothing was committed. Report this with the file, please' },
  );
}
