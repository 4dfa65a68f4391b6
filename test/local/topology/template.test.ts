import { describe, expect, it } from '@jest/globals';
import { type Resource, resolver } from '../../../local/topology/template.ts';

const Resources: Record<string, Resource> = {
  Bucket: { Type: 'AWS::S3::Bucket' },
  Role: { Type: 'AWS::IAM::Role' },
};

const resolve = resolver(
  { Resources, Parameters: { Stage: { Default: 'dev' } } },
  {
    ref: (id) => id.toLowerCase(),
    attribute: (id, { Type }, name) => (Type === 'AWS::S3::Bucket' ? `${id}/${name}` : undefined),
  },
);

describe('values of a template', () => {
  it.each([
    [{ Ref: 'Bucket' }, 'bucket'],
    [{ Ref: 'Stage' }, 'dev'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'Bucket/Arn'],
    [{ 'Fn::GetAtt': 'Bucket.Arn' }, 'Bucket/Arn'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 'z']] }, 'a-bucket-z'],
    [{ 'Fn::Split': ['/', { 'Fn::GetAtt': ['Bucket', 'Arn'] }] }, ['Bucket', 'Arn']],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
    [{ 'Fn::Sub': `s3://\${Bucket}/\${Bucket.Arn}/\${!Literal}` }, `s3://bucket/Bucket/Arn/\${Literal}`],
    [{ 'Fn::Sub': [`\${name}.\${AWS::URLSuffix}`, { name: { Ref: 'Stage' } }] }, 'dev.amazonaws.com'],
    [{ kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    [
      [1, { Ref: 'AWS::NoValue' }, { deep: { Ref: 'Stage' } }],
      [1, { deep: 'dev' }],
    ],
    [
      { Ref: 'Stage', beside: 'data' },
      { Ref: 'Stage', beside: 'data' },
    ],
  ])('reads %j as %j', (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it.each([
    [{ 'Fn::ImportValue': 'shared' }, 'Fn::ImportValue'],
    [{ Nested: [{ 'Fn::If': ['A', 1, 2] }] }, 'Fn::If'],
    [{ 'Fn::GetAtt': ['Role', 'Arn'] }, 'Fn::GetAtt Role.Arn of AWS::IAM::Role'],
    [{ Ref: 'Nobody' }, '"Nobody"'],
  ])('refuses %j and names what it cannot read', (value, name) => {
    expect(() => resolve(value)).toThrow(
      expect.objectContaining({ code: 'local.unsupported_template', message: expect.stringContaining(name) }),
    );
  });
});
