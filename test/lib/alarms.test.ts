import { describe, expect, it } from '@jest/globals';
import { statements } from './iam.ts';
import { synthesize } from './support.ts';

interface Alarm {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly AlarmActions?: readonly string[];
  readonly AlarmDescription: string;
}

const stack = synthesize();
const topic = stack.one('AWS::SNS::Topic').name;
const alarms = stack.all<Alarm>('AWS::CloudWatch::Alarm').map(({ properties }) => properties);

function alarmsOn(MetricName: string, name: string): Alarm[] {
  return alarms.filter(
    (alarm) => alarm.MetricName === MetricName && alarm.Dimensions.some(({ Value }) => Value === name),
  );
}

const queues = stack.all<{ RedrivePolicy?: object }>('AWS::SQS::Queue');
const dead = queues.filter(({ properties }) => !properties.RedrivePolicy);
const live = queues.filter(({ properties }) => properties.RedrivePolicy);
const functions = stack
  .all<object>('AWS::Lambda::Function')
  .filter(({ metadata }) => metadata['wharf:entry']);

describe('somebody is told', () => {
  it.each(dead)('of the first message in $name', ({ name }) => {
    expect(alarmsOn('ApproximateNumberOfMessagesVisible', name)).toMatchObject([
      { Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', Statistic: 'Maximum' },
    ]);
  });

  it.each(live)('when a message has waited an hour in $name', ({ name }) => {
    expect(alarmsOn('ApproximateAgeOfOldestMessage', name)).toMatchObject([
      { Threshold: 3600, ComparisonOperator: 'GreaterThanThreshold', Statistic: 'Maximum' },
    ]);
  });

  it.each(functions)('when $name fails or is throttled', ({ name, metadata }) => {
    // One that refuses a client by failing would call somebody for every wrong key.
    const refuses = metadata['wharf:entry'] === 'lambdas/authorize-live/handler.ts';
    if (refuses) expect(alarmsOn('Errors', name)).toEqual([]);
    for (const metric of refuses ? ['Throttles'] : ['Errors', 'Throttles'])
      expect(alarmsOn(metric, name)).toMatchObject([
        { Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', Statistic: 'Sum' },
      ]);
  });

  it('when a refused row has waited for a week', () => {
    expect(alarmsOn('OldestRefusedRowAge', 'dev')).toMatchObject([
      { Namespace: 'Wharf', Threshold: 7 * 86_400 },
    ]);
  });

  it('by every alarm, in words', () => {
    for (const { AlarmActions, AlarmDescription } of alarms) {
      expect(AlarmActions).toEqual([topic]);
      expect(AlarmDescription).toMatch(/^\w+: .+\.$/);
    }
  });

  it('because alarms of this account, and nobody else, may publish to the topic', () => {
    const allowed = statements(stack, 'AWS::SNS::TopicPolicy').filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toMatchObject([
      {
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: topic,
        Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
      },
    ]);
  });

  it('by mail, where an address is given', () => {
    const mailing = synthesize({ alarmEmail: 'tills@example.com' });
    expect(mailing.one('AWS::SNS::Subscription').properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'tills@example.com',
    });
    expect(() => stack.all('AWS::SNS::Subscription')).toThrow('has no AWS::SNS::Subscription');
  });
});
