import { WharfError } from '../../core/errors.ts';
import type { Notification } from './model.ts';
import { nameInArn } from './names.ts';
import type { Resource } from './template.ts';

interface Rule {
  readonly Name: string;
  readonly Value: string;
}

/** One queue of a notification configuration. CDK's custom resource speaks the API's dialect, a bucket's own property CloudFormation's. */
interface QueueConfiguration {
  readonly Events?: readonly string[];
  readonly Event?: string;
  readonly QueueArn?: string;
  readonly Queue?: string;
  readonly Filter?: {
    readonly Key?: { readonly FilterRules?: readonly Rule[] };
    readonly S3Key?: { readonly Rules?: readonly Rule[] };
  };
}

const unsupported = (bucket: string, what: string) =>
  new WharfError(`The bucket ${bucket} has ${what}, which the local cloud does not deliver`, {
    code: 'local.unsupported_template',
    fix: 'Send s3:ObjectCreated events to a queue.',
    route: 'usage',
  });

/** The property of each resource type that holds a bucket's notification configuration. */
const holders: Readonly<
  Record<string, (resource: Resource, ownName: string) => [bucket: unknown, configuration: unknown]>
> = {
  'Custom::S3BucketNotifications': ({ Properties }) => [
    Properties?.BucketName,
    Properties?.NotificationConfiguration,
  ],
  'AWS::S3::Bucket': ({ Properties }, ownName) => [ownName, Properties?.NotificationConfiguration],
};

/**
 * The notifications one resource asks for; none for most.
 *
 * @throws WharfError `local.unsupported_template` for topics, functions, EventBridge and events other than creation
 */
export function readNotifications(
  resource: Resource,
  ownName: string,
  resolve: (value: unknown) => unknown,
): Notification[] {
  const [holder, found] = holders[resource.Type]?.(resource, ownName) ?? [];
  if (!found) return [];
  const bucket = String(resolve(holder));
  const { QueueConfigurations = [], ...others } = resolve(found) as Record<string, QueueConfiguration[]>;
  const other = Object.keys(others)[0];
  if (other) throw unsupported(bucket, other);
  return QueueConfigurations.map(({ Events, Event, QueueArn, Queue, Filter }) => {
    const events = Events ?? [Event!];
    const foreign = events.find((event) => !event.startsWith('s3:ObjectCreated:'));
    if (foreign) throw unsupported(bucket, `a notification for ${foreign}`);
    const rules = Filter?.Key?.FilterRules ?? Filter?.S3Key?.Rules ?? [];
    const rule = (name: string) => rules.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
    return {
      bucket: nameInArn(bucket),
      queueArn: (QueueArn ?? Queue)!,
      events,
      prefix: rule('prefix'),
      suffix: rule('suffix'),
    };
  });
}
