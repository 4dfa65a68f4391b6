/** A Lambda of Wharf: the same settings for all, the differences as props. */
import { join } from 'node:path';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, type CfnFunction, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acceptWildcards } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import { bundling, root } from './bundling.ts';
import type { WharfConfig } from './config.ts';
import { KEY_USE } from './key.ts';
import { removalPolicy } from './removal.ts';

export interface WharfFunctionProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account, for its logs and all it touches. @default AWS's */
  readonly key?: IKey;
  /** Path of the handler in the project, e.g. `lambdas/commit/handler.ts`. */
  readonly entry: string;
  /** MB */
  readonly memory: number;
  readonly timeout: Duration;
  /** MB of /tmp. @default 512 */
  readonly storage?: number;
  /** Whether DuckDB's binding goes with it. @default false */
  readonly duckdb?: boolean;
  /** Whether to fail is one of its answers, and no reason for an alarm. @default false */
  readonly failsOnPurpose?: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

export class WharfFunction extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: WharfFunctionProps) {
    super(scope, id);
    const { config, alarms, key, entry, memory, timeout, storage = 512, duckdb = false } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: config.retention.logs as RetentionDays,
      encryptionKey: key,
      removalPolicy: removalPolicy(config),
    });
    // A role of our own: the one a function gets by default may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: join(root, entry),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: config.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      memorySize: memory,
      timeout,
      ephemeralStorageSize: Size.mebibytes(storage),
      environment: { WHARF_STAGE: config.stage, ...props.environment },
      awsSdkConnectionReuse: false,
      bundling: bundling(config, { duckdb }),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
    });
    acceptWildcards(role, { resources: ['*'] }, 'X-Ray takes traces, and has no resources to name');
    if (key) this.allow(KEY_USE, [key.keyArn]);
    // One machine reads this from the template and runs the same handler in its own process.
    (this.function.node.defaultChild as CfnFunction).addMetadata('wharf:entry', entry);
    if (!props.failsOnPurpose)
      alarms.watch(`${id}Errors`, {
        metric: this.function.metricErrors({ period: Duration.minutes(5) }),
        above: 0,
        describe: `${id}: an invocation failed as a whole (time, memory, or a bug). Messages come back by themselves.`,
      });
    alarms.watch(`${id}Throttles`, {
      metric: this.function.metricThrottles({ period: Duration.minutes(5) }),
      above: 0,
      describe: `${id}: the account's concurrency is used up. Nothing is lost, but files wait.`,
    });
  }

  /** Allows exactly these actions on exactly these resources; one that ends in `*` needs a reason. */
  allow(actions: readonly string[], resources: readonly string[], because?: string): void {
    this.function.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
    if (because) acceptWildcards(this.function.role!, { resources }, because);
  }
}
