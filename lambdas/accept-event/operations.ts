/** What each route of the API does. */
import { bodyFormat, cutBody } from '../../core/api/body.ts';
import { readUpload } from '../../core/api/files.ts';
import { openApi } from '../../core/api/openapi.ts';
import { page } from '../../core/api/page.ts';
import type { Answer } from '../../core/api/post.ts';
import { Problem } from '../../core/api/problem.ts';
import { type Operation, type ReplayOperation, recomartRoutes } from '../../core/api/routes.ts';
import { readReason } from '../../core/api/undo.ts';
import type { Contract } from '../../core/contract/model.ts';
import type { Version } from '../../core/contract/versions.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import type { Approval, ApprovalState } from '../../core/drift/approval.ts';
import { type DecisionMessage, readDecision } from '../../core/drift/decision.ts';
import { WharfError } from '../../core/errors.ts';
import { parseEvent } from '../../core/events/parse.ts';
import { type AcceptDeps, acceptPost } from '../../platform/api/accept.ts';
import type { Desk } from '../../platform/api/desk.ts';
import { findReceipt, newestDeliveries } from '../../platform/api/look.ts';
import type { RateLimiter } from '../../platform/api/rate.ts';
import { type AskUndoDeps, askUndo } from '../../platform/api/undo.ts';
import type { presign } from '../../platform/api/upload.ts';
import { approvalIn, queueOf } from '../../platform/drift/items.ts';
import type { FindContract } from '../../platform/drift/registry.ts';
import { itemKey } from '../../platform/ledger-items.ts';
import { undoable, withReplays } from '../../platform/revisions/undoable.ts';
import type { Reply } from '../http.ts';
import type { Request } from '../request.ts';

export interface Deps extends AcceptDeps, AskUndoDeps {
  readonly desk: Pick<Desk, 'get' | 'remember' | 'newest' | 'put'>;
  readonly contracts: readonly Contract[];
  readonly find: FindContract;
  /** What was approved over a dataset's contract. */
  readonly versions: (dataset: string) => Promise<readonly Version[]>;
  /** Has a decision done. */
  readonly decide: (message: DecisionMessage) => Promise<void>;
  readonly limiter: Pick<RateLimiter, 'take'>;
  /** Events a second of a caller of whom nothing else is said. */
  readonly rate: number;
  readonly presign: (asked: Parameters<typeof presign>[2]) => ReturnType<typeof presign>;
  readonly largestUpload: number;
}

type Work = (request: Request, deps: Deps) => Promise<Reply>;

/** A dataset that the caller may write to. What it may not even read is as good as not there. */
async function writable(request: Request, { find }: Deps, name: string): Promise<Contract> {
  const contract = await find(name);
  if (contract && request.may(name, 'write')) return contract;
  if (contract && request.may(name, 'read'))
    throw new Problem('forbidden', `The key has no scope that allows to write ${name}`);
  throw new Problem(
    'unknown-dataset',
    'There is none of this name, or none that the key may see; see /v1/datasets',
  );
}

const named = (request: Request): string => `${request.param('domain')}.${request.param('dataset')}`;

const postEvents: Work = async (request, deps) => {
  const contract = await writable(request, deps, named(request));
  const format = bodyFormat(request.header('content-type'));
  const atomic = request.flag('atomic');
  const { idempotencyKey, caller } = request;
  const text = request.text();
  const { events } = cutBody(text, format);
  await deps.limiter.take(caller.name, events.length, caller.rate ?? deps.rate);
  return acceptPost({ contract, caller: caller.name, events, request: text, atomic, idempotencyKey }, deps);
};

/** As RecoMart's own service answered. */
const registered =
  (json: string) =>
  ({ status, body }: Answer): Answer =>
    status === 202
      ? { status: 201, body: { status: 'accepted', user_id: parseEvent(json)?.user_id } }
      : { status, body };

const recomart =
  (dataset: string, complete: (json: string, deps: Deps) => string = (json) => json): Work =>
  async (request, deps) => {
    const contract = await writable(request, deps, dataset);
    const { idempotencyKey, caller } = request;
    bodyFormat(request.header('content-type'));
    const text = request.text();
    const { events, single } = cutBody(text, 'json');
    if (!single)
      throw new Problem(
        'malformed-request',
        `One object is allowed here; lists go to /v1/${dataset.replace('.', '/')}`,
      );
    await deps.limiter.take(caller.name, 1, caller.rate ?? deps.rate);
    const json = complete(events[0]!, deps);
    const post = { contract, caller: caller.name, events: [json], request: text, idempotencyKey };
    return acceptPost({ ...post, present: registered(json) }, deps);
  };

/** Adds the time of arrival where the event has none. */
function timed(json: string, { now }: Deps): string {
  const event = parseEvent(json);
  if (!event || (event.timestamp !== undefined && event.timestamp !== null && event.timestamp !== ''))
    return json;
  return JSON.stringify({ ...event, timestamp: now().toISOString() });
}

const uploadFile: Work = async (request, deps) => {
  const { name } = await writable(request, deps, named(request));
  bodyFormat(request.header('content-type'));
  return { status: 201, body: deps.presign(readUpload(name, request.text(), deps.largestUpload)) };
};

const getReceipt: Work = async (request, { desk }) => {
  const found = await findReceipt(request.param('id'), desk);
  const { dataset } = found ?? {};
  const may = dataset === undefined || request.may(dataset, 'read') || request.may(dataset, 'write');
  if (!found || !may)
    throw new Problem('unknown-receipt', 'A receipt is what the answer to a post gives for each event');
  return { status: 200, body: found };
};

const listDeliveries: Work = async (request, { contracts, desk }) => {
  const limit = Number(request.query('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw new Problem('malformed-request', 'limit must be a whole number from 1 to 100');
  const wanted = request.query('dataset');
  const datasets = contracts
    .map(({ name }) => name)
    .filter((name) => (wanted === undefined || name === wanted) && request.may(name, 'read'));
  if (wanted !== undefined && datasets.length === 0)
    throw new Problem(
      'unknown-dataset',
      'There is none of this name that the key may read; see /v1/datasets',
    );
  return { status: 200, body: { deliveries: await newestDeliveries(datasets, limit, desk) } };
};

const undoDelivery: Work = async (request, deps) => {
  const find = async (id: string) => (await deps.desk.get(itemKey.delivery(id))) as Delivery | undefined;
  const entry = await find(request.param('id'));
  if (!entry || !(['read', 'undo'] as const).some((direction) => request.may(entry.dataset, direction)))
    throw new Problem(
      'unknown-delivery',
      'There is none of this id that the key may see; see /v1/deliveries',
    );
  if (!request.may(entry.dataset, 'undo'))
    throw new Problem('forbidden', `The key has no scope that allows to undo deliveries of ${entry.dataset}`);
  const reason = readReason(request.text());
  const undone = await undoable(entry.delivery, find).catch((error: unknown) => {
    throw error instanceof WharfError ? new Problem('not-undoable', error.message) : error;
  });
  const deliveries = request.flag('with_replays') ? await withReplays(undone, find) : [undone.delivery];
  const asked = { dataset: undone.dataset, by: request.caller.name, reason, deliveries };
  return { status: 202, body: { revision: await askUndo(asked, deps), deliveries } };
};

/** So many approvals of a dataset are looked through, the newest first. */
const APPROVALS = 100;

const listApprovals: Work = async (request, { contracts, desk }) => {
  const all = request.flag('all');
  const wanted = request.query('dataset');
  const datasets = contracts
    .map(({ name }) => name)
    .filter((name) => (wanted === undefined || name === wanted) && request.may(name, 'approve'));
  if (wanted !== undefined && datasets.length === 0)
    throw new Problem('unknown-dataset', 'There is none of this name that the key may approve changes of');
  const items = await Promise.all(datasets.map((name) => desk.newest(queueOf(name), APPROVALS)));
  const approvals = items
    .flat()
    .map(approvalIn)
    .filter(({ state }) => all || state === 'pending')
    .sort((a, b) => (a.asked_at < b.asked_at ? 1 : -1));
  return { status: 200, body: { approvals } };
};

/** An approval the caller may decide about. What it may not is as good as not there. */
async function approvalOf(request: Request, { desk }: Deps): Promise<Approval> {
  const item = await desk.get(itemKey.approval(request.param('id')));
  const approval = item && approvalIn(item);
  if (approval && request.may(approval.dataset, 'approve')) return approval;
  throw new Problem('unknown-approval', 'There is none of this id, or none that the key may decide about');
}

const getApproval: Work = async (request, deps) => ({ status: 200, body: await approvalOf(request, deps) });

/** Which states each decision may find. Said again, it is done again: that is harmless. */
const decidable = {
  approve: ['pending', 'approved'],
  reject: ['pending', 'rejected'],
  undo: ['approved', 'rejected'],
} as const satisfies Record<string, readonly ApprovalState[]>;

const decideApproval: Work = async (request, deps) => {
  const { approval, dataset, state } = await approvalOf(request, deps);
  bodyFormat(request.header('content-type'));
  const said = readDecision(request.text());
  const states: readonly ApprovalState[] = decidable[said.decision];
  if (!states.includes(state))
    throw new Problem(
      'approval-decided',
      `It is ${state}; to ${said.decision} it must be ${states.join(' or ')}`,
    );
  await deps.decide({ ...said, approval, dataset, by: request.caller.name });
  return { status: 202, body: { approval, dataset, decision: said.decision } };
};

const listDatasets: Work = async (request, { contracts, versions }) => {
  const seen = contracts
    .map(({ name, describe, key }) => {
      const [read, write] = [request.may(name, 'read'), request.may(name, 'write')];
      return { dataset: name, describe, key, read, write };
    })
    .filter(({ read, write }) => read || write);
  const datasets = seen.map(async (one) => ({ ...one, version: (await versions(one.dataset)).length }));
  return { status: 200, body: { datasets: await Promise.all(datasets) } };
};

/** With the contracts as they are now: who posts by it is judged by them. */
const document = async ({ contracts, find }: Deps) =>
  openApi(await Promise.all(contracts.map(async (base) => (await find(base.name)) ?? base)), 'v1');

const getDocs: Work = async (_, deps) => ({
  status: 200,
  body: page(await document(deps)),
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  },
});

export const operations: Readonly<Record<Exclude<Operation, ReplayOperation>, Work>> = {
  postEvents,
  uploadFile,
  getReceipt,
  listDeliveries,
  undoDelivery,
  listApprovals,
  getApproval,
  decideApproval,
  listDatasets,
  postUser: recomart(recomartRoutes.postUser),
  postTransaction: recomart(recomartRoutes.postTransaction, timed),
  getHealth: async () => ({ status: 200, body: { status: 'healthy' } }),
  getOpenApi: async (_, deps) => ({ status: 200, body: await document(deps) }),
  getDocs,
};
