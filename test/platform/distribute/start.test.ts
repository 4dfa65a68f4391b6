import { ExecutionAlreadyExists, SFNClient, type StartExecutionCommandInput } from '@aws-sdk/client-sfn';
import { expect, it } from '@jest/globals';
import { starter } from '../../../platform/distribute/start.ts';

/** A Step Functions that knows executions by these names, none of which runs any more. */
function stepFunctions(ended: readonly string[]) {
  const asked: StartExecutionCommandInput[] = [];
  const sfn = new SFNClient({ region: 'us-east-1' });
  sfn.middlewareStack.add(
    () =>
      ({ input }) => {
        const start = input as StartExecutionCommandInput;
        asked.push(start);
        if (ended.includes(start.name!))
          throw new ExecutionAlreadyExists({ message: 'it ended', $metadata: {} });
        return Promise.resolve({ response: {}, output: { $metadata: {} } as never });
      },
    { step: 'initialize' },
  );
  return { sfn, asked };
}

it('starts a delivery under its own name: told twice, it runs once', async () => {
  const { sfn, asked } = stepFunctions([]);
  await starter(sfn, 'machine')({ delivery: 'd1' });
  expect(asked).toEqual([{ stateMachineArn: 'machine', name: 'd1', input: '{"delivery":"d1"}' }]);
});

it('starts a delivery again whose execution ended without getting it through', async () => {
  const { sfn, asked } = stepFunctions(['d1']);
  await starter(sfn, 'machine')({ delivery: 'd1' });
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatchObject({
    name: expect.stringMatching(/^d1-[0-9a-f]{8}$/),
    input: '{"delivery":"d1"}',
  });
});
