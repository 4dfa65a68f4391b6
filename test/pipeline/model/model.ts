/** A dataset as somebody would think of it: which deliveries are in its tables, with which rows, and what waits for a word. */

/** Quantities of the rows of each content; 0 is refused. */
export const contents = { a: [5, 0], b: [0, 7, 6] } as const;

/** As the contract has it; with a required column under another name; with a column about persons. */
export type Shape = 'plain' | 'renamed' | 'email';
export type Change = Exclude<Shape, 'plain'>;

export interface File {
  readonly key: string;
  readonly shape: Shape;
  readonly content: keyof typeof contents;
}

/** How refused rows are mended. */
export interface Mending {
  readonly quantity: number;
  /** Whether somebody says what the column with another name is. */
  readonly names: boolean;
}

/** What came of a change that was asked for; `refuse` and `land` are rejections. */
export type Decision = 'pending' | 'approved' | 'refuse' | 'land' | 'undone';

/** Deliveries in the tables, and whether their new column has what was in it. */
type Shown = ReadonlyMap<string, boolean>;

interface Thought {
  readonly file: File;
  /** `refused`: for a change that was rejected. `gone`: something else stands under its key. */
  status:
    | 'in'
    | 'held'
    | 'refused'
    | 'gone'
    | 'duplicate'
    | 'undone'
    | 'rolled_back'
    | { replacedBy: string };
  /** Numbers of rows → their quantities. */
  good: ReadonlyMap<number, number>;
  bad: readonly number[];
  filled: boolean;
  replaces: Shown;
  /** Of a replay: whose rows they were. */
  readonly origin?: string;
}

export class Model {
  readonly deliveries = new Map<string, Thought>();
  readonly past: { readonly snapshot: string; readonly shown: Shown }[] = [];
  readonly decisions = new Map<Change, Decision>();
  readonly #lastUnder = new Map<string, string>();

  of(id: string): Thought {
    return this.deliveries.get(id)!;
  }

  get shown(): Map<string, boolean> {
    const shown = [...this.deliveries].filter(([, { status }]) => status === 'in');
    return new Map(shown.map(([id, { filled }]) => [id, filled]));
  }

  get waiting(): string[] {
    const waits = ({ status }: Thought) => status === 'held' || status === 'refused';
    return [...this.deliveries].filter(([, thought]) => waits(thought)).map(([id]) => id);
  }

  replaysOf(id: string): string[] {
    return [...this.shown.keys()].filter((one) => this.of(one).origin === id);
  }

  /** Refused rows that no replay has released. */
  openOf(id: string): number[] {
    const released = new Set(this.replaysOf(id).flatMap((one) => [...this.of(one).good.keys()]));
    return this.of(id).bad.filter((row) => !released.has(row));
  }

  land(id: string, file: File): void {
    const nothing = { good: new Map(), bad: [], filled: false, replaces: new Map() };
    this.deliveries.set(id, { file, status: 'held', ...nothing });
    this.#lastUnder.set(file.key, id);
    const { shape } = file;
    const decision = shape === 'plain' ? 'approved' : (this.decisions.get(shape) ?? 'undone');
    if (this.#isTwin(id)) this.of(id).status = 'duplicate';
    else {
      if (shape !== 'plain' && decision === 'undone') this.decisions.set(shape, 'pending');
      // A column more holds up nothing.
      if (shape === 'email' || decision === 'approved' || decision === 'land') this.#enter(id);
      else if (decision === 'refuse') this.of(id).status = 'refused';
    }
  }

  /** Goes into the tables, unless it has no place there by now. */
  #enter(id: string): void {
    const thought = this.of(id);
    if (this.#lastUnder.get(thought.file.key) !== id) thought.status = 'gone';
    else if (this.#isTwin(id)) thought.status = 'duplicate';
    else {
      const { key, shape, content } = thought.file;
      const isRead = shape !== 'renamed' || this.decisions.get('renamed') === 'approved';
      const rows = [...contents[content].entries()];
      thought.good = new Map(rows.filter(([, quantity]) => isRead && quantity > 0));
      thought.bad = rows.map(([row]) => row).filter((row) => !thought.good.has(row));
      thought.filled = this.decisions.get('email') === 'approved';
      // It takes the place of what is under its key, and of what was replayed of that.
      const former = [...this.shown.keys()].find((one) => this.of(one).file.key === key);
      const leaving = former ? [former, ...this.replaysOf(former)] : [];
      thought.replaces = new Map(leaving.map((one) => [one, this.of(one).filled]));
      for (const one of leaving) this.of(one).status = { replacedBy: id };
      thought.status = 'in';
    }
  }

  /** Whether the same content is in the tables. */
  #isTwin(id: string): boolean {
    const { shape, content } = this.of(id).file;
    return [...this.shown.keys()].some((one) => {
      const { file, origin } = this.of(one);
      return origin === undefined && file.shape === shape && file.content === content;
    });
  }

  /** Deliveries with rows that a mending makes good. */
  mendable({ quantity, names }: Mending): string[] {
    const isRead = (id: string) =>
      names || this.of(id).file.shape !== 'renamed' || this.decisions.get('renamed') === 'approved';
    return [...this.shown.keys()].filter((id) => quantity > 0 && this.openOf(id).length > 0 && isRead(id));
  }

  replay(id: string, origin: string, { quantity }: Mending): void {
    this.deliveries.set(id, {
      ...{ origin, file: { ...this.of(origin).file, key: id }, status: 'in', bad: [], replaces: new Map() },
      good: new Map(this.openOf(origin).map((row) => [row, quantity])),
      filled: this.decisions.get('email') === 'approved',
    });
  }

  undo(id: string): void {
    this.of(id).status = 'undone';
    const isReplaced = ({ status }: Thought) => typeof status === 'object' && status.replacedBy === id;
    for (const [former, filled] of this.of(id).replaces) {
      const one = this.of(former);
      // A delivery that has landed elsewhere meanwhile stays out, and what was replayed of it.
      const isLost = one.origin ? isReplaced(this.of(one.origin)) : this.#isTwin(former);
      if (isReplaced(one) && !isLost) Object.assign(one, { status: 'in', filled });
    }
  }

  rollback(then: Shown): void {
    const now = this.shown;
    const back = [...then.keys()].filter((id) => !now.has(id));
    for (const id of now.keys()) {
      const by = back.find((one) => this.of(one).replaces.has(id));
      if (!then.has(id)) this.of(id).status = by ? { replacedBy: by } : 'rolled_back';
    }
    for (const [id, filled] of then) Object.assign(this.of(id), { status: 'in', filled });
  }

  /** @param released those that waited, in the order in which they went on */
  approve(change: Change, released: readonly string[]): void {
    this.decisions.set(change, 'approved');
    for (const id of released) this.#enter(id);
    if (change === 'email') this.fill();
  }

  /** What stood in the new column before it was approved goes into it, as far as it is in the tables. */
  fill(): void {
    if (this.decisions.get('email') === 'approved')
      for (const id of this.shown.keys()) this.of(id).filled = true;
  }

  reject(change: Change, outcome: 'refuse' | 'land', released: readonly string[]): void {
    this.decisions.set(change, outcome);
    for (const id of released) this.#enter(id);
    if (change === 'renamed') for (const id of this.waiting) this.of(id).status = 'refused';
  }

  /** Takes a decision back: what is written stays. */
  reconsider(change: Change): void {
    this.decisions.set(change, this.decisions.get(change) === 'approved' ? 'undone' : 'pending');
    if (change === 'renamed') for (const id of this.waiting) this.of(id).status = 'held';
  }
}
