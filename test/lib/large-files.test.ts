import { describe, expect, it } from '@jest/globals';
import { distributeEnv, ingestEnv, readEnv } from '../../lambdas/config.ts';
import type { Steps } from '../../lib/distribution-steps.ts';
import { list, may, type Statement, statementsOn } from './iam.ts';
import { DISTRIBUTE, INGEST, synthesize } from './support.ts';

interface Machine {
  readonly DefinitionString: string;
  readonly RoleArn: string;
}

interface Function {
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

const stack = synthesize();
const machine = stack.one<Machine>('AWS::StepFunctions::StateMachine');
const { States } = JSON.parse(machine.properties.DefinitionString) as Steps;
const bucket = (part: string) => `arn:aws:s3:::${stack.one('AWS::S3::Bucket', part).name}`;
const envOf = (entry: string, of = stack) =>
  of.all<Function>('AWS::Lambda::Function').find(({ metadata }) => metadata['wharf:entry'] === entry)!
    .properties.Environment.Variables;
const database = readEnv(distributeEnv, envOf(DISTRIBUTE)).WHARF_STAGING_DATABASE;
const glue = (resource: string) => `arn:aws:glue:us-east-1:000000000000:${resource}`;

/** What Athena may do on the state machine's behalf. */
const ofMachine = statementsOn(
  stack,
  'AWS::IAM::Policy',
  'Roles',
  machine.properties.RoleArn.split(':').at(-1)!,
);
const covers = (pattern: string, arn: string): boolean =>
  pattern.endsWith('*') ? arn.startsWith(pattern.slice(0, -1)) : pattern === arn;
const machineMay = (action: string, arn: string): boolean =>
  ofMachine.some(
    ({ Action, Resource }: Statement) =>
      list(Action).includes(action) && list(Resource).some((pattern) => covers(pattern, arn)),
  );

describe('the size above which a file goes the other way', () => {
  it('is what one function takes, unless the configuration says less', () => {
    const { WHARF_DISTRIBUTED_OVER, WHARF_LIMITS } = readEnv(ingestEnv, envOf(INGEST));
    expect(WHARF_DISTRIBUTED_OVER).toBe(WHARF_LIMITS.objectBytes);
    const less = synthesize({ wharf: { distributed: { over: 1000, upTo: 5000 } } });
    expect(readEnv(ingestEnv, envOf(INGEST, less))).toMatchObject({
      WHARF_DISTRIBUTED_OVER: 1000,
      WHARF_DISTRIBUTED_UP_TO: 5000,
    });
  });

  it('leaves no size that nobody takes', () => {
    expect(() => synthesize({ wharf: { distributed: { over: 3 * 1024 ** 3 } } })).toThrow('distributed.over');
  });

  it('lets ingest-file start this state machine, and nothing else', () => {
    expect(readEnv(ingestEnv, envOf(INGEST)).WHARF_STATE_MACHINE_ARN).toContain(machine.name);
    expect(may(stack, INGEST, 'states:StartExecution', machine.name)).toBe(true);
    expect(may(stack, INGEST, 'states:StartExecution', 'arn:aws:states:::stateMachine:other')).toBe(false);
  });
});

describe('the state machine', () => {
  it('tells the ledger whatever fails', () => {
    const working = Object.entries(States).filter(([, { Type }]) => Type === 'Task' || Type === 'Parallel');
    const caught = working.filter(([name]) => name !== 'RecordFailure');
    expect(caught.length).toBeGreaterThan(5);
    for (const [, { Catch }] of caught)
      expect(Catch).toEqual([
        { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailure' },
      ]);
    expect(States.RecordFailure).toMatchObject({ Next: 'Failed' });
  });

  it('never repeats a statement that ran', () => {
    const asked = JSON.stringify(States).match(/startQueryExecution/g);
    expect(asked).toHaveLength(4);
    expect(JSON.stringify(States)).not.toContain('States.TaskFailed');
  });

  it('asks Athena in a workgroup of its own, which scans no more than a file may have, twice', () => {
    const { properties } = stack.one<Record<string, object>>('AWS::Athena::WorkGroup', 'Large');
    expect(JSON.stringify(States)).toContain(`"WorkGroup":"${String(properties.Name)}"`);
    expect(properties.WorkGroupConfiguration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 200 * 1024 ** 3,
    });
  });

  it('writes nothing that a reader sees, and reads nothing that landed', () => {
    const lake = bucket('Lake');
    const puts = [
      'lake/retailos/stores/data/a.parquet',
      'lake/retailos/stores/metadata/1.json',
      'deliveries/a',
    ];
    for (const key of puts) expect(machineMay('s3:PutObject', `${lake}/${key}`)).toBe(false);
    expect(machineMay('s3:PutObject', `${lake}/staging/d_1/data/a.parquet`)).toBe(true);
    expect(machineMay('s3:GetObject', `${bucket('Landing')}/landing/retailos/stores/a.csv`)).toBe(false);
    expect(machineMay('glue:UpdateTable', glue('table/retailos_dev/stores'))).toBe(false);
    expect(machineMay('glue:UpdateTable', glue(`table/${database}/d_1_data`))).toBe(true);
  });
});

describe('the function beside it', () => {
  it('makes and drops tables of runs, and only looks at those of datasets', () => {
    const [staged, table] = [glue(`table/${database}/d_1_data`), glue('table/retailos_dev/stores')];
    for (const action of ['glue:CreateTable', 'glue:DeleteTable']) {
      expect(may(stack, DISTRIBUTE, action, staged)).toBe(true);
      expect(may(stack, DISTRIBUTE, action, table)).toBe(false);
    }
    expect(may(stack, DISTRIBUTE, 'glue:GetTable', table)).toBe(true);
  });

  it('can neither change nor delete what landed, nor what makes files a table', () => {
    for (const action of ['s3:PutObject', 's3:DeleteObject']) {
      expect(may(stack, DISTRIBUTE, action, `${bucket('Landing')}/landing/retailos/stores/a.csv`)).toBe(
        false,
      );
      expect(may(stack, DISTRIBUTE, action, `${bucket('Lake')}/lake/retailos/stores/metadata/1.json`)).toBe(
        false,
      );
    }
  });
});
