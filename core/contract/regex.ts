/** Translates the regular expressions a contract may use from JavaScript to RE2, so that both mean the same. */
import { WharfError } from '../errors.ts';

const refused: readonly (readonly [found: RegExp, what: string])[] = [
  [/\(\?(?!:)/, 'a look-around, named group or inline flag'],
  [/\\[1-9k]/, 'a back-reference'],
  [/\\[pPcux0]/, 'a Unicode property or code escape'],
  [/\\[bBsSwW]/, '`\\b`, `\\s` or `\\w`, which mean other characters in SQL'],
];

/**
 * The RE2 form of a pattern. `.` excludes the four line ends JavaScript knows.
 * @throws WharfError `contract.unsupported_pattern`
 * @example toRe2(/^C?\d{6}$/, 'invoice_no') // '^C?[0-9]{6}$'
 */
export function toRe2(regex: RegExp, field: string): string {
  const problem =
    refused.find(([found]) => found.test(regex.source))?.[1] ?? (regex.flags && `the flag "${regex.flags}"`);
  if (problem)
    throw new WharfError(`Field "${field}": the pattern /${regex.source}/${regex.flags} uses ${problem}`, {
      code: 'contract.unsupported_pattern',
      route: 'usage',
      fix: 'Use character classes such as [A-Za-z0-9_], groups (?:…), anchors and counts; write [Aa] instead of the flag i',
    });
  let inClass = false;
  return regex.source.replace(/\\.|[[\].]/g, (token) => {
    if (token === '\\d') return inClass ? '0-9' : '[0-9]';
    if (token === '[') inClass = true;
    if (token === ']') inClass = false;
    return token === '.' && !inClass
      ? '[^\\n\\r\\x{2028}\\x{2029}]'
      : token.replace('\\/', '/').replace('\\-', '\\-');
  });
}
