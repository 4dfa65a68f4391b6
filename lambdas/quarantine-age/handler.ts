/** Tells CloudWatch how long the oldest refused row has waited. */
import { datasets } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { Ledger } from '../../platform/ledger.ts';
import { log } from '../../platform/log.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { oldestOpen } from '../../platform/replay/oldest.ts';
import { quarantineAgeEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { worker } from '../worker.ts';

/** As the alarm names it: lib/quarantine-age.ts. */
const [NAMESPACE, METRIC] = ['Wharf', 'OldestRefusedRowAge'];

interface Own extends Pick<Parts, 'clients'> {
  readonly contracts?: typeof datasets;
  readonly now?: () => number;
}

/** Builds the handler for an environment. @param own what to use instead of the deployed datasets and SDK clients */
export function createHandler(env: Env, own: Own = {}) {
  const { contracts = datasets, clients = awsClients(env), now = Date.now } = own;
  const config = readEnv(quarantineAgeEnv, env);
  const deps = {
    ledger: new Ledger(clients.dynamodb, config.WHARF_LEDGER_TABLE),
    objects: new ObjectStore(clients.s3),
  };
  return worker(async () => {
    let oldest = { dataset: '', seconds: 0 };
    for (const contract of contracts) {
      const since = await oldestOpen(contract, deps);
      const seconds = since === undefined ? -1 : Math.max(0, Math.round((now() - Date.parse(since)) / 1000));
      if (seconds >= oldest.seconds) oldest = { dataset: contract.name, seconds };
    }
    const metrics = [{ Name: METRIC, Unit: 'Seconds' }];
    const about = { Namespace: NAMESPACE, Dimensions: [['Stage']], Metrics: metrics };
    // CloudWatch reads the metric out of the log.
    const _aws = { Timestamp: now(), CloudWatchMetrics: [about] };
    log.info('oldest refused row', { _aws, Stage: config.WHARF_STAGE, [METRIC]: oldest.seconds, ...oldest });
    return oldest;
  });
}

export const handler = lazy(() => createHandler(process.env));
