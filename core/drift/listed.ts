/** Values of an enum that its list does not have. */
import { FEW, type Look, present, rounded } from './case.ts';
import { percent } from './words.ts';

/** Values that are not on the list of an enum. */
/** What only is spelled otherwise is to be mended rather than let in. */
const SPELLED = 0.6;

/** The same in other letters, or one the other's beginning: `F` and `Female`. */
function sameWord(listed: string, text: string): boolean {
  const [a, b] = [listed.toLowerCase(), text.toLowerCase()];
  return a.startsWith(b) || b.startsWith(a);
}

export const values: Look = ({ field, type, column, counts }) => {
  if (type.is !== 'enum') return undefined;
  const others = [...counts].filter(([text]) => !type.values.includes(text)).sort(([, a], [, b]) => b - a);
  const all = present(column.profile);
  const of = (n: number): number => n / all;
  const often = others.filter(([text, n]) => n >= 3 && of(n) >= 0.01 && text.length <= 60);
  if (often.length === 0 || all < FEW) return undefined;
  const total = often.reduce((sum, [, n]) => sum + n, 0);
  // The same word in other letters is dirt of the sender's, and so are many values that come once.
  const dirt = often.filter(([text]) => type.values.some((listed) => sameWord(listed, text)));
  const settled = often.length / others.length;
  const few = often.length <= Math.max(3, type.values.length);
  const personal = field.pii !== undefined;
  return {
    kind: 'values',
    field: field.name,
    column: column.name,
    confidence: rounded(
      Math.min(
        dirt.length ? SPELLED : 1,
        0.25 + 0.25 * settled + 0.25 * (few ? 1 : 0.2) + 0.25 * Math.min(1, total / 10),
      ),
    ),
    evidence: [
      `${percent(of(total))} of the values are not on the list: ${personal ? `${often.length} different ones` : often.map(([text, n]) => `"${text}" (${n})`).join(', ')}`,
      ...(dirt.length ? [`${dirt.length} of them are on it, spelled otherwise`] : []),
    ],
    change: { change: 'values', field: field.name, values: often.map(([text]) => text) },
    unsafe: personal ? 'it is personal data' : undefined,
  };
};
