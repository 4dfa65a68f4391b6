/** Runs what is due: the queue `jobs` → the function that does the work → a record in the ledger. */
import { checkJobs, jobs as table } from '../../core/schedule/jobs.ts';
import type { Jobs } from '../../core/schedule/model.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { asAgain, parseAsk, sendAsk } from '../../platform/jobs/ask.ts';
import { invoker } from '../../platform/jobs/invoke.ts';
import { type RunDeps, runJob } from '../../platform/jobs/run.ts';
import { Runs } from '../../platform/jobs/runs.ts';
import { Ledger } from '../../platform/ledger.ts';
import { readEnv, runJobEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { eachRecord, sqsHandler } from '../sqs.ts';

/** Builds the handler for an environment. @param parts what to use instead of the deployed jobs and SDK clients */
export function createHandler(
  env: Env,
  { clients = awsClients(env), jobs = table }: Pick<Parts, 'clients'> & { readonly jobs?: Jobs } = {},
) {
  const config = readEnv(runJobEnv, env);
  const { sqs, dynamodb, lambda } = clients;
  const ledger = new Ledger(dynamodb, config.WHARF_LEDGER_TABLE);
  const deps: RunDeps = {
    jobs: checkJobs(jobs),
    runs: new Runs(dynamodb, config.WHARF_LEDGER_TABLE),
    work: invoker(lambda, config.WHARF_WORK),
    askLater: async (ask, seconds) => {
      await sendAsk(sqs, config.WHARF_JOBS_QUEUE_URL, ask, seconds);
    },
    giveUp: async (ask, error) => {
      const letter = await sendAsk(sqs, config.WHARF_DEAD_JOBS_QUEUE_URL, asAgain(ask));
      await ledger.giveUp(letter, error, new Date());
    },
    now: () => new Date(),
    workersSince: new Date(config.WHARF_WORKERS_SINCE),
  };
  return sqsHandler(
    eachRecord(async ({ body }) => {
      await runJob(parseAsk(body), deps);
    }),
    { ledger, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

export const handler = lazy(() => createHandler(process.env));
