import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commitEnv, eventsEnv, ingestEnv, readEnv } from '../../lambdas/config.ts';
import { root } from '../../lib/bundling.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { COMMIT, type Context, INGEST, type Synthesized, synthesize, WRITE } from './support.ts';

interface Function {
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly LoggingConfig: { readonly LogGroup: string };
}

interface Mapping {
  readonly FunctionName: string;
}

const stack = synthesize();

function functionAt(entry: string, of: Synthesized = stack) {
  const found = of
    .all<Function>('AWS::Lambda::Function')
    .find(({ metadata }) => metadata['wharf:entry'] === entry);
  if (!found) throw new Error(`no function has its code in ${entry}`);
  return found;
}
const sourceOf = (entry: string, of = stack) =>
  of
    .all<Mapping>('AWS::Lambda::EventSourceMapping')
    .find(({ properties }) => properties.FunctionName === functionAt(entry, of).name)?.properties;
const envOf = (entry: string, context: Context = {}) =>
  functionAt(entry, synthesize(context)).properties.Environment.Variables;

describe.each([INGEST, WRITE, COMMIT])('the function of %s', (entry) => {
  const { properties } = functionAt(entry);

  it('says in the template where its code is', () => {
    expect(existsSync(join(root, entry))).toBe(true);
  });

  it('runs on Node 24 on arm64, traced', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('logs JSON to a group of its own, which forgets', () => {
    expect(properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON' });
    const group = stack
      .all<{ RetentionInDays: number }>('AWS::Logs::LogGroup')
      .find(({ name }) => name === properties.LoggingConfig.LogGroup);
    expect(group?.properties.RetentionInDays).toBe(90);
  });

  it('has only the messages retried that failed', () => {
    expect(sourceOf(entry)).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
  });

  it('can be built for x86_64', () => {
    const of = synthesize({ architecture: 'x86_64' });
    expect(functionAt(entry, of).properties).toMatchObject({ Architectures: ['x86_64'] });
  });
});

describe('what a function gets', () => {
  it('is as large as the configuration says', () => {
    const of = synthesize({
      wharf: { ingestFile: { memory: 4096, timeout: 60, storage: 8192, batch: 3, concurrency: 7 } },
    });
    expect(functionAt(INGEST, of).properties).toMatchObject({
      MemorySize: 4096,
      Timeout: 60,
      EphemeralStorage: { Size: 8192 },
    });
    expect(sourceOf(INGEST, of)).toMatchObject({ BatchSize: 3, ScalingConfig: { MaximumConcurrency: 7 } });
  });

  it('is ten deliveries to make one snapshot of', () => {
    expect(sourceOf(COMMIT)).toMatchObject({ BatchSize: 10 });
  });

  it('is the environment that ingest-file reads, limits and all', () => {
    const env = readEnv(ingestEnv, envOf(INGEST, { wharf: { maxReceives: 4, limits: { columns: 17 } } }));
    expect(env).toMatchObject({
      WHARF_LAKE_BUCKET: stack.output('LakeBucketName'),
      WHARF_LEDGER_TABLE: stack.output('LedgerTableName'),
      WHARF_CATALOG: 'glue',
      WHARF_COMMIT_QUEUE_URL: stack.output('CommitQueueUrl'),
      WHARF_MAX_RECEIVES: 4,
      WHARF_LIMITS: { ...defaultLimits, columns: 17 },
      WHARF_ENGINE_MEMORY_MB: 512,
    });
  });

  it('is the environment that write-events reads, the time it may run among it', () => {
    const env = readEnv(eventsEnv, envOf(WRITE, { wharf: { maxReceives: 4, writeEvents: { timeout: 45 } } }));
    expect(env).toMatchObject({
      WHARF_LAKE_BUCKET: stack.output('LakeBucketName'),
      WHARF_LEDGER_TABLE: stack.output('LedgerTableName'),
      WHARF_CATALOG: 'glue',
      WHARF_COMMIT_QUEUE_URL: stack.output('CommitQueueUrl'),
      WHARF_MAX_RECEIVES: 4,
      WHARF_TIMEOUT: 45,
    });
  });

  it('is ten thousand messages, or what comes in half a minute, to write together', () => {
    expect(sourceOf(WRITE)).toMatchObject({ BatchSize: 10_000, MaximumBatchingWindowInSeconds: 30 });
  });

  it('is the environment that commit reads', () => {
    const env = readEnv(commitEnv, envOf(COMMIT, { wharf: { retention: { snapshots: 21 } } }));
    expect(env).toMatchObject({
      WHARF_LAKE_BUCKET: stack.output('LakeBucketName'),
      WHARF_LEDGER_TABLE: stack.output('LedgerTableName'),
      WHARF_CATALOG: 'glue',
      WHARF_SNAPSHOT_RETENTION_DAYS: 21,
    });
  });

  it.each([
    ['dev', 'retailos_dev'],
    ['test-2', 'retailos_test_2'],
    ['prod', 'retailos'],
  ])('is the name of the databases of stage %s', (stage, database) => {
    const of = synthesize({ stage });
    const databases = of.all<{ DatabaseInput: { Name: string } }>('AWS::Glue::Database');
    expect(databases.map(({ properties }) => properties.DatabaseInput.Name)).toContain(database);
    for (const entry of [INGEST, WRITE, COMMIT])
      expect(`retailos${envOf(entry, { stage }).WHARF_DATABASE_SUFFIX}`).toBe(database);
  });
});
