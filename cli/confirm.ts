/** Asks before something is changed that many see. */
import { createInterface } from 'node:readline/promises';
import { WharfError } from '../core/errors.ts';
import { note } from './output.ts';

/**
 * Goes on where the caller says so, by `--yes` or at the terminal.
 * @throws WharfError `usage.not_confirmed`
 */
export async function confirm(what: string, { yes }: { readonly yes?: boolean }): Promise<void> {
  if (yes) return;
  const refuse = () =>
    new WharfError(`${what}: not confirmed, nothing was changed`, {
      code: 'usage.not_confirmed',
      route: 'usage',
      fix: 'Add --yes to have it done without a question',
    });
  if (!process.stdin.isTTY) throw refuse();
  note(`${what}.`);
  using asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question('Go on? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) throw refuse();
}
