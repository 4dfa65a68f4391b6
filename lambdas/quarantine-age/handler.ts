/** Tells CloudWatch how long the oldest refused row has waited. When, is the stack's business. */
import { datasets } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { oldestOpen } from '../../platform/replay/oldest.ts';
import { quarantineAgeEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';

/** As the alarm names it: lib/quarantine-age.ts. */
const [NAMESPACE, METRIC] = ['Wharf', 'OldestRefusedRowAge'];

interface Told {
  /** Whose row it is; absent: no refused row is open. */
  readonly dataset?: string;
  readonly seconds: number;
}

interface Own extends Pick<Parts, 'clients'> {
  readonly contracts?: typeof datasets;
  readonly now?: () => number;
  /** Where a line with a metric goes: CloudWatch reads it out of the log. */
  readonly write?: (line: string) => void;
}

/** Builds the handler for an environment. @param own what to use instead of the deployed datasets and SDK clients */
export function createHandler(env: Env, own: Own = {}) {
  const { contracts = datasets, clients = awsClients(env), now = Date.now } = own;
  const { write = (line: string) => process.stdout.write(`${line}\n`) } = own;
  const config = readEnv(quarantineAgeEnv, env);
  const deps = {
    ledger: new Ledger(clients.dynamodb, config.WHARF_LEDGER_TABLE),
    objects: new ObjectStore(clients.s3),
  };
  return async (): Promise<Told> => {
    let told: Told = { seconds: 0 };
    for (const contract of contracts) {
      const since = await oldestOpen(contract, deps);
      const seconds = since === undefined ? 0 : Math.max(0, Math.round((now() - Date.parse(since)) / 1000));
      if (since !== undefined && seconds >= told.seconds) told = { dataset: contract.name, seconds };
    }
    const metrics = [{ Name: METRIC, Unit: 'Seconds' }];
    const about = { Namespace: NAMESPACE, Dimensions: [['Stage']], Metrics: metrics };
    const line = { Stage: config.WHARF_STAGE, [METRIC]: told.seconds, dataset: told.dataset };
    write(JSON.stringify({ _aws: { Timestamp: now(), CloudWatchMetrics: [about] }, ...line }));
    return told;
  };
}

export const handler = lazy(() => createHandler(process.env));
