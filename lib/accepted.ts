/** What cdk-nag would refuse and Wharf accepts, said beside the construct that needs it. Tests hold every one to its use. */
import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** An ARN as cdk-nag writes it: `<Bucket.Arn>/landing/*`. */
export function flat(node: unknown): string {
  if (typeof node === 'string') return node;
  const [[name, argument]] = Object.entries(node as object) as [[string, unknown]];
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  const [separator, parts] = argument as [string, unknown[]];
  return parts.map(flat).join(separator);
}

/**
 * Accepts one finding of a rule on a construct and what is under it.
 * @example accept(role, 'IAM5[Resource::*]', 'X-Ray has no resources to name')
 */
export function accept(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Accepts the wildcards among the resources and actions of a permission; what has none needs no reason. */
export function acceptWildcards(
  scope: IConstruct,
  { actions = [], resources = [] }: { actions?: readonly string[]; resources?: readonly string[] },
  reason: string,
): void {
  const wild = (kind: string, names: readonly string[]) => {
    const found = names
      .map((name) => flat(Stack.of(scope).resolve(name)))
      .filter((name) => name.includes('*'));
    for (const name of found) accept(scope, `IAM5[${kind}::${name}]`, reason);
  };
  wild('Action', actions);
  wild('Resource', resources);
}

/** Why permissions end in a wildcard. */
export const NAMED_LATER = 'Files are named as deliveries come: what is known before is their zone';
export const ANY_TABLE = 'A table is made with the first delivery of a new dataset; its database is named';
