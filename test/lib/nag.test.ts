/** cdk-nag, and what Wharf accepts of it: each finding has a reason, each reason a finding. */
import { describe, expect, it } from '@jest/globals';
import { CfnResource, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { flat } from '../../lib/accepted.ts';
import type { WharfStack } from '../../lib/stack.ts';
import { list, type Statement } from './iam.ts';
import { app, type Context, stackIn } from './support.ts';

/** A rule, as one accepts it, and the construct it is about. */
interface Finding {
  readonly rule: string;
  readonly path: string;
}

/** What cdk-nag says when nothing is accepted. */
function nagged(stack: WharfStack): Finding[] {
  const checks = Object.defineProperty(new AwsSolutionsChecks(), 'isAcknowledged', { value: () => false });
  const { violations = [] } = checks.validateScope(stack);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath! })),
  );
}

const documents = (value: unknown): readonly (readonly Statement[])[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { Statement, ...rest } = value as { Statement?: readonly Statement[] };
  return [...(Array.isArray(Statement) ? [Statement] : []), ...Object.values(rest).flatMap(documents)];
};

/** Every wildcard that a policy of any kind of resource allows, called as cdk-nag calls those of roles. */
const wildcards = (stack: WharfStack): Finding[] =>
  stack.node
    .findAll()
    .filter(CfnResource.isCfnResource)
    .flatMap((resource) =>
      documents(stack.resolve(resource._toCloudFormation()))
        .flat()
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action, Resource = [] }) => [
          ...list(Action).map((name) => `Action::${name}`),
          ...[Resource].flat().map((name) => `Resource::${flat(name)}`),
        ])
        .filter((name) => name.includes('*'))
        .map((name) => ({ rule: `AwsSolutions-IAM5[${name}]`, path: resource.node.path })),
    );

interface Acceptance extends Finding {
  readonly reason: string;
}

/** What is accepted, as it stands in the tree. */
const accepted = (stack: WharfStack): Acceptance[] =>
  stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ rule: id.replace(/^annotation::/i, ''), path: node.path, reason })),
  );

const covers = ({ rule, path }: Finding, finding: Finding): boolean =>
  rule === finding.rule && `${finding.path}/`.startsWith(`${path}/`);

const ways: readonly (readonly [title: string, context: Context])[] = [
  ['as it comes', {}],
  ['in production', { stage: 'prod', alarmEmail: 'tills@example.com' }],
  ['with a key of one’s own', { wharf: { customerKey: true } }],
  ['in production with a key of one’s own', { stage: 'prod', wharf: { customerKey: true } }],
];

describe.each(ways)('the stack %s', (_, context) => {
  const stack = stackIn(app(context));
  const reasons = accepted(stack);
  const findings = [...nagged(stack), ...wildcards(stack)];

  it('has no finding of cdk-nag, and no wildcard in any policy, that nobody gave a reason for', () => {
    expect(findings.length).toBeGreaterThan(20);
    expect(findings.filter((finding) => !reasons.some((reason) => covers(reason, finding)))).toEqual([]);
  });

  it('gives no reason for what is not there', () => {
    expect(reasons.filter((reason) => !findings.some((finding) => covers(reason, finding)))).toEqual([]);
  });

  it('gives its reasons in words', () => {
    expect(reasons.filter(({ reason }) => reason.split(' ').length < 6)).toEqual([]);
  });
});
