/** What a JSON document is made of, told from its start. */
import { isJson } from '../../core/json.ts';

/** Where the records stand. */
export type Layout =
  /** One a line. */
  | 'lines'
  /** One after another, or in lists one after another. */
  | 'values'
  /** In a list that an object holds. */
  | 'holder';

/** So many lines are looked at. */
const SAMPLE = 20;

/** Whether most lines are a JSON object each. A single line proves nothing. */
function isOneALine(text: string): boolean {
  const lines = text
    .split(/\r\n|\r|\n/, SAMPLE + 1)
    .filter((line) => line.trim() !== '')
    .slice(0, SAMPLE);
  const objects = lines.filter((line) => line.trimStart().startsWith('{') && isJson(line));
  return lines.length > 1 && objects.length * 2 >= lines.length;
}

interface Outline {
  /** Keys of the object itself. */
  readonly outer: ReadonlySet<string>;
  /** Keys of the first element of the list it holds. */
  readonly inner: ReadonlySet<string>;
  /** A list of objects, or an empty one, is a value of the object. */
  readonly holds: boolean;
}

/** Follows the tokens until the first element of the first list that has one is over. */
function outline(text: string): Outline {
  const [outer, inner] = [new Set<string>(), new Set<string>()];
  let [depth, holds, within, previous] = [0, false, false, ''];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]|[^\s{}[\]:",]+/g)) {
    if (token === ':' && previous.startsWith('"')) {
      if (depth === 1) outer.add(previous.slice(1, -1));
      if (depth === 3 && within) inner.add(previous.slice(1, -1));
    }
    if (depth === 2 && previous === '[') {
      within ||= token === '{';
      holds ||= within || token === ']';
    }
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (within && depth === 2 && token === '}') break;
    previous = token;
  }
  return { outer, inner, holds };
}

const common = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  [...a].filter((key) => b.has(key)).length;

/**
 * Tells the layout from the start of the document.
 * @param known names of the contract's fields: where the object has more of them than its list's elements, it is the record
 * @example detectLayout('{"page":1,"items":[{"sku":"A"}]}', new Set(['sku'])) // 'holder'
 */
export function detectLayout(head: string, known: ReadonlySet<string>): Layout {
  const text = head.trimStart();
  if (text.startsWith('[')) return 'values';
  if (isOneALine(text)) return 'lines';
  const { outer, inner, holds } = outline(text);
  return holds && common(inner, known) >= common(outer, known) ? 'holder' : 'values';
}
