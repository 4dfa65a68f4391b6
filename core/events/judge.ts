/** Judges one event as the file it might have stood in would have been judged. */
import { namesInFiles } from '../contract/contract.ts';
import type { Contract } from '../contract/model.ts';
import { judgeRow, textOf } from '../contract/row.ts';
import { asWritten, parseEvent } from './parse.ts';

export type JudgedEvent =
  | {
      readonly ok: true;
      /** Field → value as zod gives it; a field without a value is absent. */
      readonly row: Readonly<Record<string, unknown>>;
      /** JSON text of what no field claims; absent where all is claimed. */
      readonly rescued?: string;
    }
  | {
      readonly ok: false;
      readonly reasons: readonly string[];
      /** The value received, for each reason that is about a field's value. */
      readonly received: readonly (string | null)[];
    };

/**
 * Judges an event by its JSON text.
 * @example judgeEvent(users, '{"user_id":1001,"age":0,…}') // { ok: false, reasons: ['out_of_range:age'], received: ['0'] }
 */
export function judgeEvent(contract: Contract, json: string): JudgedEvent {
  const event = parseEvent(json);
  if (!event) return { ok: false, reasons: ['malformed_row'], received: [null] };
  const { row, unclaimed } = claim(contract, event);
  const verdict = judgeRow(contract, row);
  if (!verdict.ok)
    return { ok: false, reasons: verdict.reasons, received: verdict.reasons.map(receivedIn(contract, row)) };
  const rescued = unclaimed.length ? JSON.stringify(Object.fromEntries(unclaimed)) : undefined;
  return { ok: true, row: verdict.row, rescued };
}

const namesKnown = new WeakMap<Contract, ReadonlySet<string>>();

/** {@link namesInFiles} as a set, made once a contract: it is asked for every event. */
function namesOf(contract: Contract): ReadonlySet<string> {
  const known = namesKnown.get(contract);
  if (known) return known;
  const names = new Set(namesInFiles(contract));
  namesKnown.set(contract, names);
  return names;
}

/** The contract's fields of an event, by the names they go by in files, and all else. */
function claim(contract: Contract, event: Record<string, unknown>) {
  const row: Record<string, unknown> = {};
  const stands = (name: string) => Object.hasOwn(event, name) && event[name] !== null;
  for (const { name, aliases } of contract.fields) {
    const found = stands(name) ? name : aliases.find(stands);
    if (found !== undefined) row[name] = asWritten(event[found]);
  }
  const known = namesOf(contract);
  const unclaimed = Object.keys(event).filter((name) => !known.has(name));
  return { row, unclaimed: unclaimed.map((name) => [name, event[name]] as const) };
}

const ABOUT_A_VALUE =
  /^(?:missing_required_value|type_mismatch|out_of_range|not_in_enum|pattern_mismatch):([a-z0-9_]+)/;

const receivedIn =
  (contract: Contract, row: Readonly<Record<string, unknown>>) =>
  (reason: string): string | null => {
    const field = contract.fields.find(({ name }) => name === ABOUT_A_VALUE.exec(reason)?.[1]);
    return (field && textOf(row[field.name], field.type)) ?? null;
  };
