/** The routes of the API: the stack makes them, the function answers them, the OpenAPI document describes them. */
import type { ProblemKind } from './problem.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `{parameters}`, as API Gateway and OpenAPI both write them. */
  readonly path: string;
  readonly summary: string;
  /** The function that answers it. @default accept-event */
  readonly by?: 'replay';
  /** Whether it needs no key. @default false */
  readonly open?: boolean;
  /** What it may be refused for, beside what every route may be. */
  readonly refusals: readonly ProblemKind[];
}

const body = [
  'malformed-request',
  'malformed-json',
  'malformed-encoding',
  'too-large',
  'unsupported-type',
] as const satisfies ProblemKind[];
const events = [
  ...body,
  'nesting-too-deep',
  'no-events',
  'too-many-events',
  'events-refused',
  'key-reused',
  'rate-limited',
] as const satisfies ProblemKind[];

export const routes = {
  postEvents: {
    method: 'POST',
    path: '/v1/{domain}/{dataset}',
    summary: 'Post up to 1,000 events of a dataset: one object, a list of objects, or NDJSON',
    refusals: [...events, 'unknown-dataset'],
  },
  uploadFile: {
    method: 'POST',
    path: '/v1/{domain}/{dataset}/files',
    summary: 'Get an address to upload a file of a dataset to',
    refusals: [...body, 'unknown-dataset'],
  },
  replayRows: {
    method: 'POST',
    path: '/v1/{domain}/{dataset}/replays',
    summary: 'Mend refused rows or events that were given up, judge them again and land those that pass',
    by: 'replay',
    refusals: [...body, 'unknown-dataset', 'events-busy'],
  },
  discardRows: {
    method: 'POST',
    path: '/v1/{domain}/{dataset}/discards',
    summary: 'Close refused rows that nobody wants',
    by: 'replay',
    refusals: [...body, 'unknown-dataset'],
  },
  listQuarantine: {
    method: 'GET',
    path: '/v1/{domain}/{dataset}/quarantine',
    summary: 'Refused rows: why, and what has become of them; no value of theirs',
    by: 'replay',
    refusals: ['malformed-request', 'unknown-dataset'],
  },
  getReceipt: {
    method: 'GET',
    path: '/v1/receipts/{id}',
    summary: 'Where is the event of a receipt now?',
    refusals: ['unknown-receipt'],
  },
  listDeliveries: {
    method: 'GET',
    path: '/v1/deliveries',
    summary: 'What arrived lately, the newest first',
    refusals: ['malformed-request', 'unknown-dataset'],
  },
  undoDelivery: {
    method: 'POST',
    path: '/v1/deliveries/{id}/undo',
    summary: 'Take a delivery out of table and quarantine; everything later stays',
    refusals: ['malformed-request', 'malformed-json', 'unknown-delivery', 'not-undoable'],
  },
  listDatasets: {
    method: 'GET',
    path: '/v1/datasets',
    summary: 'The datasets this key may read or write',
    refusals: [],
  },
  listApprovals: {
    method: 'GET',
    path: '/v1/approvals',
    summary: 'Changes of files that wait for a decision, or all there were, the newest first',
    refusals: ['malformed-request', 'unknown-dataset'],
  },
  getApproval: {
    method: 'GET',
    path: '/v1/approvals/{id}',
    summary: 'One change of files: the evidence, and what became of it',
    refusals: ['unknown-approval'],
  },
  decideApproval: {
    method: 'POST',
    path: '/v1/approvals/{id}/decision',
    summary: 'Approve a change, reject it, or take the decision back',
    refusals: [...body, 'unknown-approval', 'approval-decided'],
  },
  postUser: { method: 'POST', path: '/users', summary: 'Register a user of RecoMart', refusals: events },
  postTransaction: {
    method: 'POST',
    path: '/transactions',
    summary: 'Tell of an interaction of a RecoMart user; without a timestamp it is now',
    refusals: events,
  },
  getHealth: {
    method: 'GET',
    path: '/health',
    summary: 'Does the API answer?',
    open: true,
    refusals: [],
  },
  getOpenApi: { method: 'GET', path: '/openapi.json', summary: 'This document', open: true, refusals: [] },
  getDocs: { method: 'GET', path: '/docs', summary: 'This document, to read', open: true, refusals: [] },
} as const satisfies Record<string, Route>;

export type Operation = keyof typeof routes;

/** Those that a function of their own answers. */
export type ReplayOperation = {
  [O in Operation]: (typeof routes)[O] extends { readonly by: 'replay' } ? O : never;
}[Operation];

/** Routes of RecoMart → the dataset that their one event is of. */
export const recomartRoutes = {
  postUser: 'recomart.users',
  postTransaction: 'recomart.transactions',
} as const satisfies Partial<Record<Operation, string>>;
