/**
 * Events of one dataset on their way to those who listen. They go round in laps: each listener is sent, in its turn, all
 * that came since its turn before. So who is late in a lap is told what came while it ran, and nobody waits for two.
 */
import { eventMessages, type LiveRow, matches, type Subscription } from '../../core/live/model.ts';

export interface LaneDeps {
  readonly dataset: string;
  readonly listeners: () => Promise<readonly Subscription[]>;
  /** Gives each listener a turn, in their order, some of them side by side. */
  readonly inTurn: (
    listeners: readonly Subscription[],
    bodiesFor: (listener: Subscription) => readonly string[],
  ) => Promise<void>;
}

interface Waiting {
  readonly row: LiveRow;
  readonly text: string;
}

interface Lap {
  /** It goes to everybody with the rows before this number; of later ones, to some. */
  readonly upTo: number;
  readonly over: Promise<void>;
}

export class Lane {
  readonly #deps: LaneDeps;
  /** Rows that not all listeners have had, in their order. */
  readonly #rows: Waiting[] = [];
  /** The number of the first of them: rows are counted from the lane's beginning. */
  #first = 0;
  /** Connection → the number of the row that comes next for it. */
  #next = new Map<string, number>();
  #lap: Lap | undefined;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /** Sends rows behind all earlier ones. Resolves when everybody has had them. @throws what ended their lap before its end */
  async share(rows: readonly LiveRow[]): Promise<void> {
    this.#rows.push(...rows.map((row) => ({ row, text: JSON.stringify(row) })));
    const end = this.#end;
    // Who began to listen before a row was kept may be missing in a lap that had begun before: it has them in the next.
    while (rows.length > 0 && this.#first < end) {
      this.#lap ??= this.#start();
      const { upTo, over } = this.#lap;
      await over.catch((error: unknown) => {
        if (end <= upTo) throw error;
      });
    }
  }

  get #end(): number {
    return this.#first + this.#rows.length;
  }

  #start(): Lap {
    const upTo = this.#end;
    const over = this.#run().finally(() => {
      // Also after a failure: their messages come again, and bring them again.
      this.#rows.splice(0, upTo - this.#first);
      this.#first = upTo;
      this.#lap = undefined;
    });
    return { upTo, over };
  }

  async #run(): Promise<void> {
    const listeners = await this.#deps.listeners();
    const nextOf = ({ connection }: Subscription) => Math.max(this.#next.get(connection) ?? 0, this.#first);
    this.#next = new Map(listeners.map((listener) => [listener.connection, nextOf(listener)]));
    // Most listeners want the same: each filter is applied, and its message written, once.
    const made = new Map<string, readonly string[]>();
    await this.#deps.inTurn(listeners, ({ connection, filter }) => {
      const [from, to] = [this.#next.get(connection)!, this.#end];
      this.#next.set(connection, to);
      const key = `${from} ${to} ${JSON.stringify(filter)}`;
      const bodies = made.get(key) ?? this.#messages(from, to, filter);
      made.set(key, bodies);
      return bodies;
    });
  }

  #messages(from: number, to: number, filter: Subscription['filter']): readonly string[] {
    const rows = this.#rows.slice(from - this.#first, to - this.#first);
    const wanted = rows.filter(({ row }) => matches(row, filter)).map(({ text }) => text);
    return wanted.length > 0 ? eventMessages(this.#deps.dataset, wanted) : [];
  }
}
