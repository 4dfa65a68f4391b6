/** Sends accepted events of live datasets, and their statistics, to those who listen: the queues `live` and `ticks`. */
import type { SQSRecord } from 'aws-lambda';
import { isLive, type LiveContract } from '../../core/live/model.ts';
import { findDataset } from '../../datasets/index.ts';
import { Desk } from '../../platform/api/desk.ts';
import { sender } from '../../platform/api/queue.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { registry, versionsBriefly } from '../../platform/drift/registry.ts';
import { parseMessage } from '../../platform/events/message.ts';
import { Broadcaster } from '../../platform/live/broadcast.ts';
import { callersStill } from '../../platform/live/callers.ts';
import { connections } from '../../platform/live/connections.ts';
import { LiveStore } from '../../platform/live/store.ts';
import { readTick, Ticker } from '../../platform/live/tick.ts';
import { broadcastEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { type Failure, sqsHandler } from '../sqs.ts';

/** Builds the handler for an environment; `wharf start` runs the same function in its own process. */
export function createHandler(
  env: Env,
  { find = findDataset, now = () => new Date() }: Pick<Parts, 'find'> & { readonly now?: () => Date } = {},
) {
  const config = readEnv(broadcastEnv, env);
  const dynamodb = awsJson('dynamodb', env);
  const store = new LiveStore(dynamodb, config.WHARF_LIVE_TABLE);
  const desk = new Desk(dynamodb, config.WHARF_LEDGER_TABLE);
  const contractOf = registry(find, versionsBriefly(desk));
  const broadcaster = new Broadcaster({
    ...{ store, now, still: callersStill(desk, now) },
    connections: connections(env, config.WHARF_LIVE_ENDPOINT),
  });
  const sendTick = sender(awsJson('sqs', env), config.WHARF_TICKS_QUEUE_URL);
  const ticker = new Ticker({ store, broadcaster, sendTick, now });
  /** Of a dataset that was live when the message was sent; it may be so no more. */
  const liveOnly = async (dataset: string, work: (contract: LiveContract) => Promise<void>) => {
    const contract = await contractOf(dataset);
    if (isLive(contract)) await work(contract);
  };
  const handle = async ({ body }: SQSRecord): Promise<void> => {
    const tick = readTick(body);
    if (tick !== undefined) return liveOnly(tick, (contract) => ticker.tick(contract));
    const message = parseMessage(body);
    await liveOnly(message.dataset, (contract) => broadcaster.take(contract, message));
  };
  return sqsHandler(
    async (records) => {
      // Side by side: what comes together is sent together.
      const done = await Promise.allSettled(records.map(handle));
      return done.flatMap((result, i): Failure[] =>
        result.status === 'rejected' ? [{ record: records[i]!, error: result.reason }] : [],
      );
    },
    { ledger: desk, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

export const handler = lazy(() => createHandler(process.env));
