/** The other end of `worker.ts`: asks it about a file, and says how it died if it did. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checked } from '../../cli/commands/check.ts';

export interface Question {
  readonly dataset: string;
  readonly path: string;
  /** Checks it once more: the answer must be the same. */
  readonly twice: boolean;
}

/** What the way of `land` made of the file: its reasons, and the records in its data and its quarantine files. */
export interface Written {
  readonly reasons: Checked['reasons'];
  readonly records: readonly [data: number, quarantine: number];
}

export interface Answer {
  readonly checked?: Checked;
  /** The same file once more. */
  readonly again?: Checked;
  readonly written?: Written;
  readonly error?: {
    readonly name: string;
    readonly code?: string;
    readonly message: string;
    readonly stack?: string;
  };
  /** Files that stayed in the temporary folder. */
  readonly left: readonly string[];
  /** The most memory the process ever had. */
  readonly peakMb: number;
}

export interface HostileFile {
  readonly dataset: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly twice?: boolean;
}

/** No file here is worth more of anybody's time. */
const PATIENCE = 60_000;

const LOOK_MS = 20;

/** Bytes in a folder. Files and folders may go while they are counted: then it is looked at again soon. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  } catch {
    return 0;
  }
}

function ask(child: ChildProcess, question: Question): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const answered = (answer: Answer) => resolve(answer);
  const died = (code: number | null, signal: string | null) =>
    reject(new Error(`the process died of it: ${signal ?? `exit code ${code}`}`));
  const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE);
  child.once('message', answered).once('exit', died).send(question);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('message', answered).off('exit', died);
  });
}

/** A process for hostile files. One that died is replaced, so that a smaller file that does the same can be looked for. */
export class Isolated implements AsyncDisposable {
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #files = 0;
  /** The most memory the process ever had. */
  peakMb = 0;
  /** The most the temporary folder ever held. */
  peakDiskMb = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Isolated> {
    const folder = await mkdtemp(join(tmpdir(), 'wharf-hostile-'));
    await mkdir(join(folder, 'tmp'));
    return new Isolated(folder);
  }

  /** @throws when the process dies of the file, or needs longer for it than any file should */
  async judge({ dataset, name, bytes, twice = false }: HostileFile): Promise<Answer> {
    const dir = join(this.#folder, `${this.#files++}`);
    const path = join(dir, name);
    await mkdir(dir);
    await writeFile(path, bytes);
    this.#child ??= this.#start();
    const watch = setInterval(() => {
      this.peakDiskMb = Math.max(this.peakDiskMb, sizeOf(join(this.#folder, 'tmp')) / (1 << 20));
    }, LOOK_MS);
    try {
      const answer = await ask(this.#child, { dataset, path, twice });
      this.peakMb = Math.max(this.peakMb, answer.peakMb);
      return answer;
    } catch (error) {
      this.#child.kill('SIGKILL');
      this.#child = undefined;
      throw error;
    } finally {
      clearInterval(watch);
      await rm(dir, { recursive: true, force: true });
    }
  }

  #start(): ChildProcess {
    return fork(join(import.meta.dirname, 'worker.ts'), {
      env: { ...process.env, TMPDIR: join(this.#folder, 'tmp'), NODE_OPTIONS: '--no-warnings' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child?.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.disconnect();
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
