import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PersistenceManager, SqsMessage, SqsQueue } from './fauxqs.ts';

/** A line: a message in the queue it is in now, or one that is gone. */
type Line = { readonly queue: string; readonly message: SqsMessage } | { readonly gone: string };

/** So many bytes are written before the journal is begun anew with what is left. */
const ENOUGH = 64 << 20;

const asLine = (line: Line): string => `${JSON.stringify(line)}\n`;

/**
 * The messages of queues in one file, a line a change: what was sent outlives the process, what it had received comes
 * again. Lines are written when the turn ends, before the sender has its answer, and a move from one queue to another in one go.
 */
export class QueueJournal {
  readonly #path: string;
  readonly #live = new Map<string, Extract<Line, { queue: string }>>();
  #file: number;
  #written = 0;
  #waiting: string[] = [];

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#path = join(folder, 'messages.jsonl');
    for (const line of this.#lines()) {
      if ('gone' in line) this.#live.delete(line.gone);
      else this.#live.set(line.message.messageId, line);
    }
    this.#file = this.#begin();
  }

  /** Gives a queue back the messages it had, and keeps those it gets from now on. */
  attach(queue: SqsQueue): void {
    for (const line of this.#live.values()) if (line.queue === queue.name) queue.enqueue(line.message);
    queue.persistence = {
      insertMessage: (name: string, message: SqsMessage) => this.#keep({ queue: name, message }),
      deleteMessage: (id: string) => this.#forget(id),
      deleteQueueMessages: (name: string) => this.#forgetAll(name),
      updateMessageInflight() {},
      updateMessageReady() {},
      updateQueueAttributes() {},
      updateQueueSequenceCounter() {},
    } satisfies Partial<PersistenceManager> as unknown as PersistenceManager;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
    this.#file = -1;
  }

  #keep(line: Extract<Line, { queue: string }>): void {
    this.#live.set(line.message.messageId, line);
    this.#note(line);
  }

  #forget(id: string): void {
    if (this.#live.delete(id)) this.#note({ gone: id });
  }

  #forgetAll(queue: string): void {
    for (const [id, line] of this.#live) if (line.queue === queue) this.#forget(id);
  }

  #note(line: Line): void {
    if (this.#waiting.push(asLine(line)) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#file < 0) return;
    this.#written += writeSync(this.#file, this.#waiting.join(''));
    this.#waiting = [];
    if (this.#written < ENOUGH) return;
    closeSync(this.#file);
    this.#file = this.#begin();
  }

  /** Writes what is left into a new journal, which takes the place of the old one whole. */
  #begin(): number {
    writeFileSync(`${this.#path}.tmp`, [...this.#live.values()].map(asLine).join(''));
    renameSync(`${this.#path}.tmp`, this.#path);
    this.#written = 0;
    return openSync(this.#path, 'a');
  }

  /** A process killed while it wrote may have left the last line unfinished: its sender got no answer. */
  #lines(): Line[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  }
}
