/** Which elements of an XML document are its records, told from its start. */
import { SaxesParser } from 'saxes';

/** Names without prefixes from the root down to the records' parent, and the records' own. */
export type RecordPath = readonly string[];

export const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

interface Seen {
  readonly path: RecordPath;
  count: number;
  /** Names of children and attributes that are known. */
  readonly known: Set<string>;
  hasChildren: boolean;
}

/** Each kind of element by its path, in the order they open. Stops where the document or the sample ends. */
function outline(sample: string, known: ReadonlySet<string>): Seen[] {
  const seen = new Map<string, Seen>();
  const stack: Seen[] = [];
  const parser = new SaxesParser();
  let over = false;
  // What is wrong with the document is for the reading of the whole to say.
  parser.on('error', () => {
    over = true;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (over) return;
    const parent = stack.at(-1);
    const path = [...(parent?.path ?? []), localName(name)];
    const key = path.join('/');
    const one = seen.get(key) ?? { path, count: 0, known: new Set<string>(), hasChildren: false };
    seen.set(key, one);
    one.count++;
    for (const attribute of Object.keys(attributes)) note(one, localName(attribute), known);
    if (parent) {
      parent.hasChildren = true;
      note(parent, localName(name), known);
    }
    stack.push(one);
  });
  parser.on('closetag', () => void stack.pop());
  parser.write(sample);
  return [...seen.values()];
}

const note = (one: Seen, name: string, known: ReadonlySet<string>) => {
  if (known.has(name)) one.known.add(name);
};

/**
 * The path of the records: the elements with most of the known names; between equals those that repeat, then those
 * nearest the root. Nothing known: the first that repeat. Nothing repeats: the children of the root.
 * @example detectRecords('<sales><sale><sku>A</sku></sale></sales>', new Set(['sku'])) // ['sales', 'sale']
 */
export function detectRecords(sample: string, known: ReadonlySet<string>): RecordPath {
  const seen = outline(sample, known);
  const repeats = (one: Seen): number => (one.path.length > 1 && one.count > 1 ? 1 : 0);
  const [best] = seen
    .filter((one) => one.known.size > 0 || repeats(one))
    .sort((a, b) => b.known.size - a.known.size || repeats(b) - repeats(a) || a.path.length - b.path.length);
  if (best) return best.path;
  return (seen.find((one) => one.path.length === 2) ?? seen[0])?.path ?? [];
}
