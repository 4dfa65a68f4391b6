/** Keeps made-up rows within a contract's rules, and breaks them where that is wanted. */
import { kindOf } from '../contract/kinds.ts';
import type { Contract, Field, Rule, Type } from '../contract/model.ts';
import { fieldsOf, holds, type Operand } from '../contract/rules.ts';
import { WharfError } from '../errors.ts';
import type { Random } from './random.ts';
import type { Column, Row } from './row.ts';

/** After so many draws a rule's optional fields are left out; after twice as many it is given up. */
const TRIES = 100;

/** A rule together with the columns it reads. */
export interface Law {
  readonly rule: Rule;
  readonly columns: readonly Column[];
  /** Whether a row breaks the rule. One that cannot tell, for want of a value, is kept. */
  isBroken(row: Row): boolean;
}

export const lawsOf = (contract: Contract, columns: readonly Column[]): Law[] =>
  contract.rules.map((rule) => {
    const read = new Set(fieldsOf(rule.test));
    const own = columns.filter(({ field }) => read.has(field.name));
    const fields = own.map(({ field }) => field);
    return { rule, columns: own, isBroken: inOrder(rule, fields) ?? judged(rule, fields) };
  });

/** What rules compare, from a text that was made up: most such texts are in canonical form already. */
function canonical(type: Type, text: string): unknown {
  if (type.is === 'float') return Number(text);
  if (type.is === 'boolean') return text === 'true';
  if (type.is !== 'date' && type.is !== 'instant') return text;
  if (type.is === 'date' && type.formats[0] === 'iso') return text;
  const read = kindOf(type).read(type, text);
  return read.ok ? read.value : null;
}

const judged =
  (rule: Rule, fields: readonly Field[]) =>
  (row: Row): boolean => {
    const values: Record<string, unknown> = {};
    for (const { name, type, default: otherwise } of fields) {
      const text = row[name] ?? otherwise;
      values[name] = text === undefined ? null : canonical(type, text);
    }
    return holds(rule.test, values, fields) === false;
  };

const isNumeric = ({ type }: Field): boolean =>
  type.is === 'int' || type.is === 'decimal' || type.is === 'float';
const isIso = ({ type }: Field): boolean =>
  (type.is === 'date' || type.is === 'instant') && type.formats[0] === 'iso';

/** The common rule, one field at most another, ten times faster than judging it: rows come by the million. */
function inOrder({ test }: Rule, fields: readonly Field[]): Law['isBroken'] | undefined {
  if (test.op !== '<=' || !('field' in test.args[0]) || !('field' in test.args[1])) return undefined;
  const [low, high] = test.args.map(
    (arg) => fields.find(({ name }) => name === (arg as { field: string }).field)!,
  ) as [Field, Field];
  const numeric = isNumeric(low) && isNumeric(high);
  if (!numeric && !(isIso(low) && isIso(high) && low.type.is === high.type.is)) return undefined;
  return (row) => {
    const a = row[low.name] ?? low.default;
    const b = row[high.name] ?? high.default;
    if (a === undefined || b === undefined) return false;
    return numeric ? Number(a) > Number(b) : a > b;
  };
}

function calculate(node: Operand, row: Row): number {
  if ('value' in node) return Number(node.value);
  if ('field' in node) return Number(row[node.field] ?? Number.NaN);
  const [a, b] = node.args.map((arg) => calculate(arg, row)) as [number, number];
  return node.op === '*' ? a * b : node.op === '+' ? a + b : a - b;
}

/** `total = quantity × unit_price` is not met by chance: the field is set to what it is calculated from. */
function derive({ rule, columns }: Law, row: Row): boolean {
  if (rule.test.op !== '=') return false;
  const [target, source] = rule.test.args;
  if (!('field' in target) || !('op' in source)) return false;
  const type = columns.find(({ field }) => field.name === target.field)!.field.type;
  const result = calculate(source, row);
  if (Number.isNaN(result)) return false;
  row[target.field] = result.toFixed(type.is === 'decimal' ? type.scale : 0);
  return true;
}

/** Changes a row until every rule holds. @throws WharfError `generate.impossible_rule` */
export function obey(laws: readonly Law[], row: Row, random: Random): void {
  for (let tries = 0; tries < 2 * TRIES; tries++) {
    const law = laws.find((candidate) => candidate.isBroken(row));
    if (!law) return;
    if (tries === 0 && derive(law, row)) continue;
    for (const { field, values, nth } of law.columns)
      if (!nth)
        row[field.name] = field.required || (tries < TRIES && random.chance(0.5)) ? values.any(random) : null;
  }
  const { rule } = laws.find((law) => law.isBroken(row))!;
  throw new WharfError(`No row was found that keeps the rule "${rule.name}"`, {
    code: 'generate.impossible_rule',
    route: 'usage',
    fix: 'Give the fields it reads examples that keep it: .meta({ examples: [...] })',
  });
}

/** A copy of the row that breaks the rule; undefined where none was found. */
export function disobey(law: Law, row: Row, random: Random): Row | undefined {
  const [a, b] = law.columns.map(({ field }) => field.name) as [string, string?];
  for (let tries = 0; tries < TRIES; tries++) {
    const broken = { ...row };
    for (const { field, values, nth } of law.columns) if (!nth) broken[field.name] = values.any(random);
    if (law.isBroken(broken)) return broken;
    const swapped = b === undefined ? broken : { ...broken, [a]: broken[b]!, [b]: broken[a]! };
    if (law.isBroken(swapped)) return swapped;
  }
  return undefined;
}
