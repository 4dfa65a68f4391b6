import { rename, rm, writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import { isClosed } from '../../core/delivery/model.ts';
import { openInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, print, state } from '../output.ts';

export interface StartOptions extends GlobalOptions {
  readonly port: string;
  readonly readyFile?: string;
}

/** How often the ledger is looked at for deliveries that closed. */
const LOOK_MS = 500;

/** Keeps the cloud up until it is told to stop. */
export async function start(options: StartOptions): Promise<number> {
  await using installation = await openInstallation(options.state, Number(options.port));
  const { endpoints, credentials, buckets } = installation.cloud;
  const ready = { s3: endpoints.s3, ...credentials, buckets, pid: process.pid };
  if (options.readyFile) {
    await writeFile(`${options.readyFile}.part`, JSON.stringify(ready, undefined, 2));
    await rename(`${options.readyFile}.part`, options.readyFile);
  }
  print(`${pc.green('Wharf is up.')} Drop files under s3://${buckets.landing}/landing/<domain>/<dataset>/\n`);
  print(
    `  S3 endpoint  ${endpoints.s3}\n  region       ${credentials.region}\n  access key   ${credentials.accessKeyId}\n  secret key   ${credentials.secretAccessKey}\n`,
  );
  print(
    pc.dim(
      `  AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey} aws --endpoint-url ${endpoints.s3} s3 cp FILE s3://${buckets.landing}/landing/retailos/stores/`,
    ),
  );
  print(pc.dim('\n  Ctrl-C stops; what is under way goes on at the next start.\n'));

  const stopped = new Promise<void>((stop) => {
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
  const seen = new Set(
    (await installation.deliveries()).filter((d) => isClosed(d.state)).map((d) => d.delivery),
  );
  const look = async () => {
    for (const d of await installation.deliveries()) {
      if (seen.has(d.delivery) || !isClosed(d.state)) continue;
      seen.add(d.delivery);
      print(
        `${d.ended_at?.slice(11, 19)} ${state(d.state)} ${d.key}  read ${number(d.read)} = ${number(d.accepted)} + ${number(d.quarantined)} quarantined + ${number(d.duplicate)} duplicate  ${pc.dim(`${d.ms} ms`)}`,
      );
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => {});
  }, LOOK_MS);
  await stopped;
  clearInterval(timer);
  await looking;
  if (options.readyFile) await rm(options.readyFile, { force: true });
  return exit.done;
}
