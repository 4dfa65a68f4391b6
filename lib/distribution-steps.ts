/** The steps of a file too large for a function, as Step Functions takes them (Amazon States Language). */

export interface StepsProps {
  /** ARN of `lambdas/distribute`. */
  readonly distribute: string;
  /** Athena's workgroup for the statements. */
  readonly workgroup: string;
}

export interface State {
  readonly Type: 'Task' | 'Choice' | 'Parallel' | 'Succeed' | 'Fail';
  readonly [key: string]: unknown;
}

export interface Steps {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}

/** Athena gives a statement half an hour; four of them, and the copies before and after. */
const TIMEOUT = 4 * 3600;

/** What comes again by itself when it is asked again, and was not begun. */
const again = (...ErrorEquals: string[]) => [
  { ErrorEquals, IntervalSeconds: 5, MaxAttempts: 5, BackoffRate: 2, JitterStrategy: 'FULL' },
];
const functionAgain = again(
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
);
// A statement that ran and failed is not repeated: it may have left lines behind. The next run has tables of its own.
const athenaAgain = again('Athena.TooManyRequestsException', 'Athena.InternalServerException');
const toFailed = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailure' }];

/** `prepare` → number → accept and refuse → count → `settle` → `clear`; whatever fails, the ledger is told. */
export function distributionSteps({ distribute, workgroup }: StepsProps): Steps {
  const call = (step: string, more: object, Next: string, ResultPath: string | null = null): State => ({
    Type: 'Task',
    Resource: distribute,
    Parameters: { step, ...more },
    Retry: functionAgain,
    Catch: toFailed,
    ResultPath,
    Next,
  });
  const ask = (statement: string, next: object): State => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::athena:startQueryExecution.sync',
    Parameters: { 'QueryString.$': `$.prepared.plan.statements.${statement}`, WorkGroup: workgroup },
    Retry: athenaAgain,
    ResultPath: null,
    ...next,
  });
  const alone = (name: string, statement: string): Steps => ({
    StartAt: name,
    States: { [name]: ask(statement, { End: true }) },
  });
  const ready = { Variable: '$.prepared.ready', BooleanEquals: true };
  const plan = { 'plan.$': '$.prepared.plan' };
  return {
    StartAt: 'Prepare',
    TimeoutSeconds: TIMEOUT,
    States: {
      Prepare: call('prepare', { 'delivery.$': '$.delivery' }, 'Ready', '$.prepared'),
      Ready: { Type: 'Choice', Choices: [{ ...ready, Next: 'NumberLines' }], Default: 'Done' },
      NumberLines: ask('number', { Catch: toFailed, Next: 'Judge' }),
      Judge: {
        Type: 'Parallel',
        Branches: [alone('InsertAccepted', 'accept'), alone('InsertRefused', 'refuse')],
        Catch: toFailed,
        ResultPath: null,
        Next: 'Count',
      },
      Count: ask('count', {
        Catch: toFailed,
        ResultSelector: { 'id.$': '$.QueryExecution.QueryExecutionId' },
        ResultPath: '$.count',
        Next: 'ReadCounts',
      }),
      ReadCounts: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:athena:getQueryResults',
        Parameters: { 'QueryExecutionId.$': '$.count.id', MaxResults: 1000 },
        ResultSelector: { 'rows.$': '$.ResultSet.Rows' },
        Retry: athenaAgain,
        Catch: toFailed,
        ResultPath: '$.counts',
        Next: 'Settle',
      },
      Settle: call('settle', { ...plan, 'rows.$': '$.counts.rows' }, 'Clear'),
      Clear: call('clear', plan, 'Done'),
      Done: { Type: 'Succeed' },
      RecordFailure: {
        Type: 'Task',
        Resource: distribute,
        Parameters: { step: 'fail', 'state.$': '$' },
        Retry: functionAgain,
        ResultPath: null,
        Next: 'Failed',
      },
      Failed: { Type: 'Fail', Error: 'DeliveryFailed', Cause: 'The ledger has the reason' },
    },
  };
}
