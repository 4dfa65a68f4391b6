/** Reads an event's JSON text so that nothing of it is lost or left to chance. */
import { endOfText, QUOTE } from '../json.ts';

/** Texts that may hold a number which JavaScript prints differently: `1.10`, `1e400`, `12345678901234567890`, `-0`. */
const MAY_HOLD_A_LONG_NUMBER = /\.\d*0(?!\d)|\d[eE][+-]?\d|[\d.]{16}|-0(?![\d.])/;
const SURROGATE = /\\u[dD][89a-fA-F]|[\ud800-\udfff]/;
const COLON = 0x3a;

const exact = (_: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && String(value) !== source ? JSON.rawJSON(source!) : value;

/** The text of a number that JavaScript cannot hold as it was written; any other value as it is. */
export const asWritten = (value: unknown): unknown => (JSON.isRawJSON(value) ? value.rawJSON : value);

/** How many colons a JSON text has outside its strings: one for every name. */
function colons(text: string): number {
  let found = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfText(text, i);
    else if (c === COLON) found++;
  }
  return found;
}

/** How many names an object and all within it have. */
function names(value: unknown): number {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return 0;
  const inside = Object.values(value).reduce((sum: number, one) => sum + names(one), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

const isWhole = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.isWellFormed()
    : typeof value !== 'object' ||
      value === null ||
      Object.entries(value).every(([name, one]) => name.isWellFormed() && isWhole(one));

/**
 * Parses an event. Numbers that JavaScript would round stay as written, see {@link asWritten}. Undefined where the
 * text is no JSON object, where half a character stands in it (no table could give it back), or where an object names a
 * value twice: readers differ in which of the two counts.
 */
export function parseEvent(text: string): Record<string, unknown> | undefined {
  try {
    const value = MAY_HOLD_A_LONG_NUMBER.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (SURROGATE.test(text) && !isWhole(value)) return undefined;
    return colons(text) === names(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
