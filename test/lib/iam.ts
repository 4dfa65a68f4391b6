/** Just enough of IAM to ask the synthesized stack: may this one do that? */
import type { Synthesized } from './support.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

export const list = (value: string | readonly string[]): readonly string[] => [value].flat();

/** Statements of every policy of a type. */
export const statements = (stack: Synthesized, type: string): Statement[] =>
  stack.all<Policy>(type).flatMap(({ properties }) => properties.PolicyDocument.Statement);

/** Statements of what is attached to one resource: `property` is where the policy names it. */
export function statementsOn(stack: Synthesized, type: string, property: string, name: string): Statement[] {
  const policies = stack.all<Policy & Readonly<Record<string, unknown>>>(type);
  return policies
    .filter(({ properties }) => [properties[property]].flat().includes(name))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement);
}

interface Function {
  readonly Role: string;
}

/** What the function whose code is in `entry` is granted. */
export function granted(stack: Synthesized, entry: string): Statement[] {
  const found = stack
    .all<Function>('AWS::Lambda::Function')
    .find(({ metadata }) => metadata['wharf:entry'] === entry);
  if (!found) throw new Error(`no function has its code in ${entry}`);
  return statementsOn(stack, 'AWS::IAM::Policy', 'Roles', found.properties.Role.split(':').at(-1)!);
}

const literally = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');

const matches = (pattern: string, value: string): boolean =>
  new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`, 's').test(value);

/** Whether the function may do `action` on the resource with this ARN. */
export const may = (stack: Synthesized, entry: string, action: string, arn: string): boolean =>
  granted(stack, entry).some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      list(Action).some((pattern) => matches(pattern, action)) &&
      list(Resource).some((pattern) => matches(pattern, arn)),
  );
