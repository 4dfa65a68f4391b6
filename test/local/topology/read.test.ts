import { describe, expect, it } from '@jest/globals';
import { readTopology } from '../../../local/topology/read.ts';
import type { Resource, Template } from '../../../local/topology/template.ts';
import { commit, ingest, template } from '../fixtures/template.ts';

const read = (resources: Record<string, Resource> = {}, without: readonly string[] = []) => {
  const kept = Object.entries(template.Resources).filter(([id]) => !without.includes(id));
  const changed: Template = { ...template, Resources: { ...Object.fromEntries(kept), ...resources } };
  return readTopology(changed, (name) => `http://queues/${name}`);
};

describe('the topology of a template', () => {
  it('has the functions that say where their code is, with their environment, and not those of CDK itself', () => {
    const { functions } = read();
    expect(functions.map(({ entry }) => entry)).toEqual([ingest, commit]);
    expect(functions[0]).toMatchObject({
      timeoutMs: 900_000,
      memoryMb: 2048,
      env: {
        WHARF_LAKE_BUCKET: 'wharf-lake-000000000000',
        WHARF_COMMIT_QUEUE_URL: 'http://queues/Commit.fifo',
      },
    });
  });

  it('knows each bucket by the role its output names', () => {
    expect(read().buckets).toEqual({ landing: 'landing1a', lake: 'wharf-lake-000000000000' });
  });

  it('gives queues their attributes, with the dead-letter queue by its ARN', () => {
    const { queues } = read();
    expect(queues.find(({ name }) => name === 'Landed')?.attributes).toEqual({
      VisibilityTimeout: '5400',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:LandedDlq',
        maxReceiveCount: 3,
      }),
    });
    expect(queues.find(({ name }) => name === 'Commit.fifo')?.attributes.FifoQueue).toBe('true');
  });

  it('reads a notification off the bucket itself as off the custom resource', () => {
    const [custom] = read().notifications;
    const Landing1A: Resource = {
      Type: 'AWS::S3::Bucket',
      Properties: {
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              Event: 's3:ObjectCreated:*',
              Queue: { 'Fn::GetAtt': ['Landed', 'Arn'] },
              Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'landing/' }] } },
            },
          ],
        },
      },
    };
    expect(read({ Landing1A }, ['LandingNotifications']).notifications).toEqual([custom]);
    expect(custom).toMatchObject({ bucket: 'landing1a', prefix: 'landing/', suffix: '' });
  });

  it('leaves out an event source that is switched off', () => {
    const off = template.Resources.CommitFromQueue!;
    const { sources } = read({
      CommitFromQueue: { ...off, Properties: { ...off.Properties, Enabled: false } },
    });
    expect(sources.map(({ target }) => target.entry)).toEqual([ingest]);
  });

  it.each<[string, Resource]>([
    ['TopicConfigurations', notifications({ TopicConfigurations: [{ TopicArn: 'arn' }] })],
    [
      's3:ObjectRemoved:*',
      notifications({ QueueConfigurations: [{ Events: ['s3:ObjectRemoved:*'], QueueArn: 'q' }] }),
    ],
    [
      'arn:aws:kinesis',
      {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: 'arn:aws:kinesis:x', FunctionName: { Ref: 'IngestFile' } },
      },
    ],
  ])('refuses %s, which nothing here would deliver', (name, resource) => {
    expect(() => read({ Extra: resource })).toThrow(
      expect.objectContaining({ code: 'local.unsupported_template', message: expect.stringContaining(name) }),
    );
  });
});

function notifications(NotificationConfiguration: object): Resource {
  return {
    Type: 'Custom::S3BucketNotifications',
    Properties: { BucketName: { Ref: 'Landing1A' }, NotificationConfiguration },
  };
}
