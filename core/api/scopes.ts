/** What a key allows: `<dataset>:<direction>` with `*` for any domain or dataset, or `admin` for everything. */

/** `replay`: say what becomes of refused rows. `undo`: take deliveries out again. `approve`: decide what senders may change about their files. */
export type Direction = 'read' | 'write' | 'replay' | 'undo' | 'approve';

const SCOPE = /^(?:admin|(?:\*|[a-z][a-z0-9_]*\.(?:\*|[a-z][a-z0-9_]*)):(?:read|write|replay|undo|approve))$/;

export const isScope = (text: string): boolean => SCOPE.test(text);

/**
 * Whether scopes allow a direction on a dataset.
 * @example allows(['retailos.*:write'], 'retailos.stores', 'write') // true
 */
export function allows(scopes: readonly string[], dataset: string, direction: Direction): boolean {
  const domain = dataset.split('.', 1)[0];
  const enough = ['admin', ...['*', `${domain}.*`, dataset].map((subject) => `${subject}:${direction}`)];
  return enough.some((scope) => scopes.includes(scope));
}
