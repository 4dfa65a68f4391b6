import { WharfError } from '../../core/errors.ts';
import { fromEventBridge } from '../../core/schedule/eventbridge.ts';
import type { Schedule } from './model.ts';
import type { Resolve } from './template.ts';

interface Properties {
  readonly ScheduleExpression?: unknown;
  readonly ScheduleExpressionTimezone?: unknown;
  readonly State?: unknown;
  readonly Target?: { readonly Arn?: unknown; readonly Input?: unknown };
}

/**
 * What is due when; undefined where a schedule is switched off.
 * @throws WharfError `local.unsupported_template` for a target that is no queue, `schedule.cron` for rates and single times
 */
export function readSchedule(name: string, given: Properties, resolve: Resolve): Schedule | undefined {
  // One by one: the role that AWS sends with has no name on this machine.
  const text = (value: unknown, otherwise: string): string => String(resolve(value) ?? otherwise);
  if (text(given.State, 'ENABLED') === 'DISABLED') return undefined;
  const queueArn = text(given.Target?.Arn, '');
  if (!queueArn.includes(':sqs:'))
    throw new WharfError(
      `The schedule ${name} has ${queueArn} as its target, which the local cloud does not know`,
      {
        code: 'local.unsupported_template',
        fix: 'Let it send to a queue.',
        route: 'usage',
      },
    );
  const cron = fromEventBridge(text(given.ScheduleExpression, ''));
  const when = { cron, zone: text(given.ScheduleExpressionTimezone, 'UTC') };
  return { name, when, queueArn, input: text(given.Target?.Input, '{}') };
}
