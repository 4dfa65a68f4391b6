/** Why events were refused, for whoever posted them: where, what kind of value stood there, what is allowed. Never the value. */
import type { Contract } from '../contract/model.ts';
import { explain } from '../contract/reasons.ts';
import { allowed, typeName } from '../documents/markdown.ts';
import { asWritten, parseEvent } from '../events/parse.ts';

export interface Fault {
  /** Position of the event in the post and the field in it: `[3].lines[].qty`. */
  readonly path: string;
  /** Code of the reason, as the quarantine has it. */
  readonly reason: string;
  /** What kind of value was received. Absent where the fault is not about one value. */
  readonly got?: string;
  readonly allowed: string;
}

/** What a JSON value is, without what it says. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'empty string';
  if (Array.isArray(value)) return 'array';
  return asWritten(value) === value ? typeof value : 'number';
}

function fault(
  contract: Contract,
  event: Readonly<Record<string, unknown>>,
  reason: string,
): Omit<Fault, 'path'> & { at: string } {
  const [code = '', subject = ''] = reason.split(':');
  const rule = code === 'rule_failed' && contract.rules.find(({ name }) => name === subject);
  if (rule) return { at: '', reason: code, allowed: rule.describe };
  const field = contract.fields.find(({ name }) => name === /^\w+/.exec(subject)?.[0]);
  if (!field) return { at: '', reason: code, got: undefined, allowed: explain(reason) };
  const name = [field.name, ...field.aliases].find((known) => Object.hasOwn(event, known)) ?? field.name;
  const limits = allowed(field).replaceAll('`', '');
  return {
    at: `.${subject}`,
    reason: code,
    // A fault further in names a place in every element: the value of the whole field would say nothing about it.
    ...(subject === field.name && { got: kindOf(event[name]) }),
    allowed: [typeName(field.type), limits, field.required ? '' : 'or nothing'].filter(Boolean).join(', '),
  };
}

/**
 * The faults of one refused event.
 * @example faultsOf(users, 3, '{"age":0}', ['out_of_range:age']) // [{ path: '[3].age', reason: 'out_of_range', got: 'number', allowed: 'int, > 0' }]
 */
export function faultsOf(
  contract: Contract,
  index: number,
  json: string,
  reasons: readonly string[],
): Fault[] {
  const event = parseEvent(json) ?? {};
  return reasons.map((reason) => {
    const { at, ...found } = fault(contract, event, reason);
    return { path: `[${index}]${at}`, ...found };
  });
}
