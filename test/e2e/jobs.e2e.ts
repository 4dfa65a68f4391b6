/** Jobs on the emulator, its policies enforced: what is due is done. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jobs } from '../../core/schedule/jobs.ts';
import { awsClients } from '../../platform/aws.ts';
import { sendAsk } from '../../platform/jobs/ask.ts';
import { Runs } from '../../platform/jobs/runs.ts';
import { until } from '../cli/support.ts';
import { type Deployed, deployment, openDeployed } from './deployed.ts';

const { outputs } = deployment;
let cloud: Deployed;
let runs: Runs;
beforeAll(async () => {
  cloud = await openDeployed();
  runs = new Runs(awsClients(cloud.env).dynamodb, cloud.env.WHARF_LEDGER_TABLE);
});
afterAll(() => cloud[Symbol.asyncDispose]());

/** Sends what a schedule sends, and waits until the run is over. */
async function run(job: string) {
  const ask = { job, due: new Date().toISOString(), by: 'hand' } as const;
  await sendAsk(cloud.sqs, outputs.JobQueueUrl!, ask);
  await until(`${job} is over`, async () => (await runs.get(ask))?.ended_at);
  return runs.get(ask);
}

it.each(Object.keys(jobs))('%s does its work with the rights it has', async (job) => {
  expect(await run(job)).toMatchObject({ outcome: 'done', tries: 1 });
});
