/** A dataset as somebody would think of it: who is in the tables, who is not, and why. */

export interface Thought {
  readonly key: string;
  readonly content: number;
  /** `in`, what it is by its own, or the delivery that has its place. */
  status: 'in' | 'duplicate' | 'undone' | 'rolled_back' | { readonly replacedBy: string };
  readonly replaces?: string;
}

/** A snapshot of the data table, and who was in the tables when it was made. */
export interface Past {
  readonly snapshot: string;
  readonly in: ReadonlySet<string>;
}

export class Model {
  readonly deliveries = new Map<string, Thought>();
  readonly past: Past[] = [];

  get in(): Set<string> {
    return new Set([...this.deliveries].filter(([, { status }]) => status === 'in').map(([id]) => id));
  }

  #find(has: (thought: Thought) => boolean): string | undefined {
    return [...this.deliveries].find(([, thought]) => thought.status === 'in' && has(thought))?.[0];
  }

  land(id: string, key: string, content: number): void {
    if (this.#find((t) => t.content === content)) {
      this.deliveries.set(id, { key, content, status: 'duplicate' });
      return;
    }
    const replaces = this.#find((t) => t.key === key);
    if (replaces) this.deliveries.get(replaces)!.status = { replacedBy: id };
    this.deliveries.set(id, { key, content, status: 'in', ...(replaces && { replaces }) });
  }

  undo(id: string): void {
    const { status, replaces } = this.deliveries.get(id)!;
    if (status !== 'in') return;
    this.deliveries.get(id)!.status = 'undone';
    const former = this.deliveries.get(replaces ?? '');
    if (!former || typeof former.status !== 'object' || former.status.replacedBy !== id) return;
    if (!this.#find((t) => t.content === former.content)) former.status = 'in';
  }

  rollback({ in: then }: Past): void {
    const now = this.in;
    for (const id of then.difference(now)) this.deliveries.get(id)!.status = 'in';
    for (const id of now.difference(then)) {
      const back = [...then.difference(now)].find((other) => this.deliveries.get(other)!.replaces === id);
      this.deliveries.get(id)!.status = back ? { replacedBy: back } : 'rolled_back';
    }
  }
}
