import { rename, rm, writeFile } from 'node:fs/promises';
import type { Delivery } from '../../core/delivery/model.ts';
import type { ClockOptions } from '../../local/model.ts';
import { deliveryJson } from '../deliveries.ts';
import { followDeliveries, followRuns } from '../follow.ts';
import { announceInstallation, openInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, pc, print, state } from '../output.ts';
import { untilTold } from '../signals.ts';
import { runLine } from './jobs.ts';

export interface StartOptions extends GlobalOptions {
  readonly port: number;
  readonly apiPort: number;
  readonly wsPort: number;
  readonly readyFile?: string;
  readonly clock?: ClockOptions;
  /** Whether jobs run when they are due. */
  readonly jobs: boolean;
}

/** The key of whoever started the cloud: it takes the place of that of the last start. */
const DEVELOPMENT = { id: 'localmachine', name: 'wharf start', scopes: ['admin'] } as const;

const printLine = (value: unknown): void => print(JSON.stringify(value));

/** Where the cloud answers, as the ready file and `--json` say it. */
interface Ready {
  readonly s3: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly api: string;
  /** Where live datasets are listened to. */
  readonly ws: string;
  /** May do anything; another one at each start. */
  readonly apiKey: string;
  readonly pid: number;
}

function welcome({ s3, region, accessKeyId, secretAccessKey, buckets, api, ws, apiKey }: Ready): void {
  print(`${pc.green('Wharf is up.')} Drop files under s3://${buckets.landing}/landing/<domain>/<dataset>/\n`);
  print(
    `  S3 endpoint  ${s3}\n  region       ${region}\n  access key   ${accessKeyId}\n  secret key   ${secretAccessKey}\n`,
  );
  print(
    pc.dim(
      `  AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey} AWS_REGION=${region} aws --endpoint-url ${s3} s3 cp FILE s3://${buckets.landing}/landing/retailos/stores/`,
    ),
  );
  print(
    `\n  API          ${api}  ${pc.dim(`(${api}/docs)`)}\n  WebSocket    ${ws}\n  API key      ${apiKey}\n`,
  );
  print(pc.dim(`  curl ${api}/v1/datasets -H 'Authorization: Bearer ${apiKey}'`));
  print(
    pc.dim(
      '\n  wharf land, query, … work beside it. Ctrl-C stops; what is under way goes on at the next start.\n',
    ),
  );
}

const closedLine = (d: Delivery): string =>
  `${d.ended_at?.slice(11, 19)} ${state(d.state)} ${d.key}  read ${number(d.read)} = accepted ${number(d.accepted)} + quarantined ${number(d.quarantined)} + duplicate ${number(d.duplicate)}  ${pc.dim(`${number(d.ms ?? 0)} ms`)}`;

/** Keeps the cloud up until it is told to stop. */
export async function start(options: StartOptions): Promise<number> {
  const stopped = untilTold();
  const clock = options.jobs ? (options.clock ?? {}) : undefined;
  await using installation = await openInstallation(options.state, { ...options, clock });
  const { endpoints, credentials, buckets, api = '', ws = '' } = installation.cloud;
  const { text: apiKey } = await installation.keys.make(DEVELOPMENT);
  const ready: Ready = { s3: endpoints.s3, ...credentials, buckets, api, ws, apiKey, pid: process.pid };
  const unfollow = await followDeliveries(installation, (d) =>
    options.json ? printLine(deliveryJson(d)) : print(closedLine(d)),
  );
  const unfollowRuns = followRuns(installation, (run) =>
    options.json ? printLine(run) : print(runLine(run)),
  );
  using _ = { [Symbol.dispose]: announceInstallation(options.state, installation, apiKey) };
  if (options.readyFile) {
    await writeFile(`${options.readyFile}.part`, JSON.stringify(ready, undefined, 2), { mode: 0o600 });
    await rename(`${options.readyFile}.part`, options.readyFile);
  }
  if (options.json) printLine(ready);
  else welcome(ready);
  await stopped;
  if (options.readyFile) await rm(options.readyFile, { force: true });
  await Promise.all([unfollow(), unfollowRuns()]);
  return exit.done;
}
