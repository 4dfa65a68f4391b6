/** Changes of a contract in words. */
import type { Change } from '../../core/contract/change.ts';

type Words = { readonly [C in Change['change']]: (change: Extract<Change, { change: C }>) => string };

const words: Words = {
  add: ({ field, definition: { type, aliases, pii } }) =>
    `add the optional field ${field} (${type.is}${pii ? `, personal: ${pii}` : ''}) for the column "${aliases.join('", "')}"`,
  alias: ({ field, alias }) => `let ${field} go by the name "${alias}" as well`,
  values: ({ field, values }) => `let ${field} be ${values.map((value) => `"${value}"`).join(', ')} as well`,
  format: ({ field, format }) =>
    format === 'comma'
      ? `read ${field} with a decimal comma as well`
      : `read ${field} in the format "${format}"`,
  widen: ({ field, precision, maxLength }) =>
    precision ? `let ${field} have ${precision} digits` : `let ${field} have ${maxLength} characters`,
  optional: ({ field }) => `let ${field} be missing`,
  retype: ({ field, to }) => `make ${field} ${to}`,
};

/** @example changeWords({ change: 'alias', field: 'price', alias: 'Rate' }) // 'let price go by the name "Rate" as well' */
export const changeWords = (change: Change): string =>
  (words[change.change] as (change: Change) => string)(change);
