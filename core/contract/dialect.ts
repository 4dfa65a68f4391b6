/** What two SQL engines say differently. All else a contract compiles to is the same text for both. */
import type { Type } from './model.ts';

export type Json = 'ARRAY' | 'OBJECT';

/** One engine's words. Arguments and results are SQL, but for patterns, formats and names. */
export interface Dialect {
  /** Whether the cheap forms of {@link Usual} gain anything. */
  readonly usual: boolean;
  /** The type of an instant. */
  readonly instant: string;
  /** An empty list of texts. */
  readonly none: string;
  listType(items: string): string;
  structType(members: string): string;
  /** Whether the whole text matches one of our own patterns. */
  fullMatch(text: string, pattern: string): string;
  /** Whether a contract's JavaScript pattern matches somewhere in the text. */
  matches(text: string, pattern: string): string;
  /** Without {@link BLANKS} at either end; null where nothing is left. */
  trim(text: string): string;
  /** A moment by the first `strptime` format that fits; null where there is no such moment. */
  parse(text: string, formats: readonly string[]): string;
  /** An instant of a text that has the form of `instantFormats.iso`. */
  isoInstant(text: string): string;
  /** An instant of so many units since 1970. */
  epoch(count: string, unit: 'second' | 'millisecond'): string;
  /** An instant as a literal. @param iso text as ISO 8601 has it */
  instantAt(iso: string): string;
  list(items: readonly string[]): string;
  size(list: string): string;
  distinct(list: string): string;
  notNull(list: string): string;
  map(list: string, name: string, body: string): string;
  /** A value of an object's type. */
  struct(members: readonly (readonly [name: string, sql: string])[], type: string): string;
  /** Whether a text is a JSON list or object. */
  isJson(text: string, json: Json): string;
  /** The elements of a JSON list, for {@link Dialect.map}. */
  elements(list: string): string;
  /** The text of a member of a JSON object, or without a key of an element; and whether it is a list or an object. */
  jsonText(json: string, key?: string): { readonly text: string; readonly container: string };
}

/** A JSON pointer to one key. @example pointer('a/b') // '/a~1b' */
export const pointer = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** How the text of a JSON list or object starts and ends. */
export const jsonShape: Readonly<Record<Json, string>> = {
  ARRAY: '(?s:\\[.*\\])',
  OBJECT: '(?s:[{].*[}])',
};

/** Types whose text is stripped of blanks. */
export const isTrimmed = (type: Type): boolean => type.is !== 'text';
