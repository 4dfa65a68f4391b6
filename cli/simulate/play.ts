/** Made-up events that happen now: what shops would post, one after the other. */
import type { Contract } from '../../core/contract/model.ts';
import { defectNames } from '../../core/generate/defects.ts';
import { generateRows } from '../../core/generate/generate.ts';
import { random } from '../../core/generate/random.ts';
import { writers } from '../../core/generate/writers.ts';
import type { Gap } from '../arguments.ts';

export interface Play {
  readonly seed: number;
  readonly defects: number;
  readonly rate: Gap;
}

export interface Played {
  /** JSON text of the event, as of the moment it is asked for. */
  readonly happen: () => string;
  /** Milliseconds from the start at which it happens. */
  readonly due: number;
}

/** Lines cannot be malformed where there are none. */
const kinds = defectNames.filter((kind) => kind !== 'malformed_line');

/**
 * Events without end. The same seed plays the same ones, at the same distances; their moments are those at which they
 * happen, and keys get the time of the start in front, so that a second play does not repeat the first.
 */
export function* play(
  contract: Contract,
  { seed, defects, rate: [from, to] }: Play,
  now: () => Date = () => new Date(),
): Generator<Played> {
  const start = now();
  const day = start.toISOString().slice(0, 10);
  const run = String(Math.floor(start.getTime() / 1000));
  const moments = contract.fields.filter(({ type }) => type.is === 'instant').map(({ name }) => name);
  const writer = writers.ndjson({ contract, unknownColumn: true });
  const pace = random(seed);
  let [last, due] = ['', 0];
  for (const row of generateRows(contract, { rows: Number.MAX_SAFE_INTEGER, seed, defects, kinds, day })) {
    const happen = (): string => {
      // The very same again.
      if (row.defect === 'duplicate_row' && last) return last;
      const values = { ...row.values };
      // A spoiled moment stays spoiled.
      for (const name of moments) if (values[name]?.startsWith(day)) values[name] = now().toISOString();
      for (const name of contract.key)
        values[name] = values[name]?.replace(/\d+/, (digits) => run + digits) ?? null;
      last = writer.row({ ...row, values }, false).trimEnd();
      return last;
    };
    yield { happen, due };
    due += 1000 * (from + (to - from) * pace.next());
  }
}
