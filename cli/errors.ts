/** What a command says when it fails: one code, what broke, the fix; never a stack. */
import { CommanderError } from 'commander';
import { WharfError } from '../core/errors.ts';

interface Said {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  /** Whether the caller asked for something that cannot be. */
  readonly usage: boolean;
}

/** What the operating system says, in the words of this command. */
const system: Readonly<Record<string, readonly [code: string, what: string, fix: string]>> = {
  ENOENT: ['file.missing', 'There is no such file or folder', 'Check the path'],
  EACCES: ['file.no_access', 'Access is denied', 'Give this user the right, or choose another path'],
  EPERM: ['file.no_access', 'Access is denied', 'Give this user the right, or choose another path'],
  EROFS: ['file.no_access', 'The disk is read-only', 'Choose another path'],
  EISDIR: ['file.is_folder', 'A file is expected, this is a folder', 'Name a file'],
  ENOTDIR: ['file.no_folder', 'A folder is expected, this is a file', 'Name a folder'],
  EEXIST: ['file.no_folder', 'A folder is expected, this is a file', 'Name a folder'],
  ENOSPC: ['disk.full', 'The disk is full', 'Free some space, then run the command again'],
  ECONNREFUSED: [
    'start.gone',
    'The running `wharf start` has stopped',
    'Run the command again: nothing is taken in twice',
  ],
};

/** An error as it is told to people and scripts. */
export function explainError(error: unknown): Said {
  const { message, code = '', path } = error as { message: string; code?: string; path?: string };
  if (error instanceof WharfError) {
    // The message of a WharfError ends with its fix.
    const what = error.fix ? message.slice(0, -error.fix.length).replace(/\. $/, '') : message;
    return { code: error.code, message: what, fix: error.fix, usage: error.route === 'usage' };
  }
  if (error instanceof CommanderError)
    return {
      code: 'usage.invalid',
      message: message.replace(/^error: /, ''),
      fix: '`wharf <command> --help` shows what a command takes',
      usage: true,
    };
  const known = system[code];
  if (!known) return { code: 'internal', message, fix: 'WHARF_DEBUG=1 shows where', usage: false };
  const [name, what, fix] = known;
  return { code: name, message: path ? `${what}: "${path}"` : what, fix, usage: false };
}
