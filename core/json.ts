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
