/** Cross-field rules as small expression trees: one source that renders to SQL and evaluates in JavaScript. */

/** A comparison's or calculation's operand. Texts in `value` are literals: numbers, ISO dates or plain text. */
export type Operand =
  | { readonly field: string }
  | { readonly value: string | number | boolean }
  | { readonly op: '+' | '-' | '*'; readonly args: readonly [Operand, Operand] };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A truth value in three-valued logic, as SQL has it: true, false or unknown. */
export type Expr =
  | { readonly op: Comparison; readonly args: readonly [Operand, Operand] }
  | { readonly op: 'and' | 'or'; readonly args: readonly Expr[] }
  | { readonly op: 'not'; readonly args: readonly [Expr] }
  | { readonly op: 'present' | 'absent'; readonly field: string };
