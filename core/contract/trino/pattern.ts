/**
 * Patterns as Trino takes them. Its two regex libraries, Joni and RE2J, agree on what is written here: anchors that
 * mean the text's very ends, no names, and in a class nothing that could be a class within it.
 */
import { toRe2 } from '../regex.ts';
import { quote } from '../text.ts';

const inClass: Readonly<Record<string, string>> = { '[': '\\[', '&': '\\&' };
const outside: Readonly<Record<string, string>> = { '^': '\\A', $: '\\z', '(?P<': '(?:' };

/** The form of an RE2 pattern that both libraries read. */
export function toTrino(re2: string): string {
  let within = false;
  return re2.replace(/\\x\{([0-9A-Fa-f]+)\}|\\.|\(\?P<\w+>|\[\^?|[\]^$&]/gs, (token, code?: string) => {
    if (code) return String.fromCodePoint(Number.parseInt(code, 16));
    if (token.startsWith('\\')) return token;
    if (token.startsWith('(?P<')) return '(?:';
    if (token === ']') {
      within = false;
      return token;
    }
    if (token.startsWith('[')) {
      if (within) return token.replace('[', '\\[');
      within = true;
      return token;
    }
    return within ? (inClass[token] ?? token) : (outside[token] ?? token);
  });
}

/** Whether the whole text matches one of our own patterns. */
export const fullMatch = (text: string, pattern: string): string =>
  `regexp_like(${text}, ${quote(`\\A(?:${toTrino(pattern)})\\z`)})`;

/** Whether a contract's JavaScript pattern matches somewhere in the text. */
export const matches = (text: string, pattern: string): string =>
  `regexp_like(${text}, ${quote(toTrino(toRe2(new RegExp(pattern), 'pattern')))})`;
