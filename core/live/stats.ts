/** Running statistics of a live dataset over the last minutes. Money is summed in whole units of its last digit: exact. */
import type { LiveContract, LiveRow } from './model.ts';

const MINUTE = 60_000;

/** Minutes that the statistics look back, the one that runs among them. */
export const WINDOW_MINUTES = 15;
/** Most values of a field, and most of the top, that are named. */
const NAMED = { by: 100, top: 10 };

interface Sum {
  orders: number;
  units: bigint;
}

/** Events of one minute of arrival. */
interface Minute extends Sum {
  readonly parts: Set<string>;
  /** Field → value → its sum. */
  readonly by: Readonly<Record<string, Map<string, Sum>>>;
}

export interface Figures {
  readonly orders: number;
  /** Exact, as text. */
  readonly revenue: string;
}
type Named = Figures & { readonly value: string };

export interface Stats {
  readonly type: 'stats';
  readonly dataset: string;
  readonly at: string;
  /** By the minute of arrival, the oldest first; the last one still runs. Minutes without orders are there, too. */
  readonly minutes: readonly (Figures & { readonly minute: string })[];
  /** Of all these minutes together, as are `by` and `top`. */
  readonly total: Figures;
  readonly by: Readonly<Record<string, readonly Named[]>>;
  readonly top: readonly Named[];
}

const digits = (text: string): [units: bigint, scale: number] => {
  const [whole = '', fraction = ''] = text.split('.');
  return [BigInt(whole + fraction), fraction.length];
};

/** @example moneyText(-125n, 2) // '-1.25' */
export function moneyText(units: bigint, scale: number): string {
  const text = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const point = text.length - scale;
  return `${units < 0n ? '-' : ''}${text.slice(0, point)}${scale ? `.${text.slice(point)}` : ''}`;
}

export class RunningStats {
  readonly #contract: LiveContract;
  readonly #fields: readonly string[];
  readonly #scale: number;
  readonly #minutes = new Map<number, Minute>();

  constructor(contract: LiveContract) {
    const { live, fields } = contract;
    this.#contract = contract;
    this.#fields = [...new Set([...live.by, live.top])];
    this.#scale = live.revenue
      .map((name) => fields.find((field) => field.name === name)!.type)
      .reduce((scale, type) => scale + (type.is === 'decimal' ? type.scale : 0), 0);
  }

  /** Counts the events of one part of a post; one that was counted before, whenever it arrived, is not counted again. */
  add(part: string, arrived: Date, rows: readonly LiveRow[]): void {
    if (this.#minutes.values().some(({ parts }) => parts.has(part))) return;
    const minute = this.#minute(Math.floor(arrived.getTime() / MINUTE));
    minute.parts.add(part);
    for (const row of rows) {
      const units = this.#worth(row);
      count(minute, units);
      for (const field of this.#fields) {
        const value = String(row[field] ?? '');
        const sums = minute.by[field]!;
        const sum = sums.get(value) ?? { orders: 0, units: 0n };
        sums.set(value, sum);
        count(sum, units);
      }
    }
  }

  /** The statistics at a moment. Forgets what is older than they look back. */
  at(now: Date): Stats {
    const last = Math.floor(now.getTime() / MINUTE);
    const first = last - WINDOW_MINUTES + 1;
    for (const minute of this.#minutes.keys()) if (minute < first) this.#minutes.delete(minute);
    // Clocks of two machines differ a little: what seems to come from the next minute counts already.
    const all = [...this.#minutes.values()];
    const { live, name } = this.#contract;
    const total = all.reduce((sum, one) => plus(sum, one), { orders: 0, units: 0n });
    return {
      type: 'stats',
      dataset: name,
      at: now.toISOString(),
      minutes: Array.from({ length: WINDOW_MINUTES }, (_, i) => ({
        minute: `${new Date((first + i) * MINUTE).toISOString().slice(0, 16)}Z`,
        ...this.#figures(this.#minutes.get(first + i)),
      })),
      total: this.#figures(total),
      by: Object.fromEntries(live.by.map((field) => [field, this.#named(field, NAMED.by, all)])),
      top: this.#named(live.top, NAMED.top, all),
    };
  }

  #minute(number: number): Minute {
    let minute = this.#minutes.get(number);
    if (!minute) {
      const by = Object.fromEntries(this.#fields.map((field) => [field, new Map<string, Sum>()]));
      minute = { orders: 0, units: 0n, parts: new Set(), by };
      this.#minutes.set(number, minute);
    }
    return minute;
  }

  /** What an event is worth, in units of the last digit. */
  #worth(row: LiveRow): bigint {
    let [units, scale] = [1n, 0];
    for (const name of this.#contract.live.revenue) {
      const [factor, fraction] = digits(String(row[name] ?? 0));
      units *= factor;
      scale += fraction;
    }
    return units * 10n ** BigInt(this.#scale - scale);
  }

  #figures({ orders, units }: Sum = { orders: 0, units: 0n }): Figures {
    return { orders, revenue: moneyText(units, this.#scale) };
  }

  #named(field: string, most: number, minutes: readonly Minute[]): Named[] {
    const sums = new Map<string, Sum>();
    for (const { by } of minutes)
      for (const [value, sum] of by[field]!)
        sums.set(value, plus(sums.get(value) ?? { orders: 0, units: 0n }, sum));
    return [...sums]
      .sort(
        ([a, x], [b, y]) =>
          y.orders - x.orders || (x.units === y.units ? (a < b ? -1 : 1) : x.units < y.units ? 1 : -1),
      )
      .slice(0, most)
      .map(([value, sum]) => ({ value, ...this.#figures(sum) }));
  }
}

function count(sum: Sum, units: bigint): void {
  sum.orders += 1;
  sum.units += units;
}

const plus = (a: Sum, b: Sum): Sum => ({ orders: a.orders + b.orders, units: a.units + b.units });
