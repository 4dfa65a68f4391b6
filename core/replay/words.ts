/** Reasons in words, for whoever has to mend the file. */
import type { Contract } from '../contract/model.ts';
import { explain } from '../contract/reasons.ts';
import { allowed, typeName } from '../documents/markdown.ts';

/**
 * Why a row was refused, a sentence for each reason.
 * @example inWords(users, ['out_of_range:age']) // 'age: The value has the right type but lies outside the limits …. Allowed: int, > 0'
 */
export const inWords = (contract: Contract, reasons: readonly string[]): string =>
  reasons.map((reason) => sentence(contract, reason)).join(' ');

function sentence({ fields, rules }: Contract, reason: string): string {
  const [code, subject] = reason.split(':');
  const rule = code === 'rule_failed' ? rules.find(({ name }) => name === subject) : undefined;
  if (rule) return `${rule.describe}.`.replace(/\.\.$/, '.');
  const field = fields.find(({ name }) => name === /^\w+/.exec(subject ?? '')?.[0]);
  if (!field) return explain(reason);
  const limits = allowed(field).replaceAll('`', '');
  return `${subject}: ${explain(reason)} Allowed: ${[typeName(field.type), limits].filter(Boolean).join(', ')}.`;
}
