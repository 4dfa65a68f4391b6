/** JSON that strangers wrote. */

/** What ECMAScript's JSON.parse source text access gives, until TypeScript's library tells of it. */
declare global {
  interface JSON {
    /** @param reviver is told the text of a number, and of no list or object */
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
    rawJSON(text: string): object;
    isRawJSON(value: unknown): value is { readonly rawJSON: string };
  }
}

/** The value of a JSON text; undefined where it is none, which no JSON text stands for. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isJson = (text: string): boolean => parseJson(text) !== undefined;

/** The quote, and what takes it its meaning, as `charCodeAt` gives them. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The position of the quote that ends the text begun at `start`; the end of all where none does. */
export function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
