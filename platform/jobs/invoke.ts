/** Calls the functions that do jobs' work, and waits for what they say. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { WharfError } from '../../core/errors.ts';
import type { Worked } from '../../core/schedule/model.ts';
import type { RunDeps } from './run.ts';

/** What Lambda answers for a function that did not. */
interface Broken {
  readonly errorType?: string;
  readonly errorMessage?: string;
}

/**
 * @param functions work → the function that does it
 * @throws WharfError of what it returns: `job.no_function`, `job.timed_out`, `job.function_failed`
 */
export const invoker =
  (lambda: LambdaClient, functions: Readonly<Record<string, string>>): RunDeps['work'] =>
  async (name, input, timeoutMs) => {
    const FunctionName = functions[name];
    if (!FunctionName)
      throw new WharfError(`No function does the work "${name}"`, {
        code: 'job.no_function',
        fix: 'lib/clock.ts makes one for each kind of work: deploy it',
      });
    const abortSignal = AbortSignal.timeout(timeoutMs);
    try {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(input) }),
        { abortSignal },
      );
      const answer = JSON.parse(Payload?.transformToString() || 'null') as Worked & Broken;
      if (FunctionError === undefined) return answer;
      // Its words may quote what it choked on, but for Lambda's own.
      const isLambdas = /^(Sandbox|Runtime)\./.test(answer.errorType ?? '');
      throw new WharfError(
        `The function ended without an answer: ${isLambdas ? answer.errorMessage : answer.errorType}`,
        {
          code: 'job.function_failed',
        },
      );
    } catch (error) {
      if (!abortSignal.aborted) throw error;
      throw new WharfError(`It took longer than ${timeoutMs / 1000} s`, { code: 'job.timed_out' });
    }
  };
