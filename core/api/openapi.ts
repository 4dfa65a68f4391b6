/** The OpenAPI 3.1 document of the API, from the contracts and the table of routes. */
import type { Contract } from '../contract/model.ts';
import { jsonSchema } from '../documents/json-schema.ts';
import { approvalStates } from '../drift/approval.ts';
import { uploadTypes } from './files.ts';
import { type ProblemKind, problems } from './problem.ts';
import { type Operation, type Route, recomartRoutes, routes } from './routes.ts';

type Json = Record<string, unknown>;

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });
const schemaOf = (name: string): Json => ref('schemas', name);
const content = (schema: Json, type = 'application/json'): Json => ({ content: { [type]: { schema } } });
const object = (properties: Json, required: readonly string[] = Object.keys(properties)): Json => ({
  type: 'object',
  properties,
  required,
});
const list = (items: Json): Json => ({ type: 'array', items });
const text: Json = { type: 'string' };
const whole: Json = { type: 'integer', minimum: 0 };

const fault = object({ path: text, reason: text, got: text, allowed: text }, ['path', 'reason', 'allowed']);
const refused = object({ event: whole, receipt: text, problems: list(fault) }, ['event']);
const accepted = object({ event: whole, receipt: text });
const delivery = object(
  {
    ...{ delivery: text, dataset: text, key: text, state: text, landed_at: text },
    ...{ ended_at: { type: ['string', 'null'] }, snapshot: { type: ['string', 'null'] } },
    ...{ read: whole, accepted: whole, quarantined: whole, duplicate: whole },
    reasons: { type: 'object', additionalProperties: whole },
  },
  ['delivery', 'dataset', 'key', 'state', 'landed_at', 'read', 'accepted', 'quarantined', 'duplicate'],
);

const nullable = (type: string): Json => ({ type: [type, 'null'] });
const place = { delivery: text, row: nullable('integer'), line: nullable('integer') };
const failing = object({
  reason: text,
  rows: whole,
  examples: list(object({ ...place, received: nullable('string') })),
});
const refusedRow = object({
  ...{ ...place, reasons: list(text), status: { enum: ['open', 'replayed', 'discarded'] } },
  ...{ arrived_at: text, released_by: nullable('string'), released_because: nullable('string') },
});

/** Shapes of bodies that no contract describes. */
const shapes: Json = {
  Problem: object({ type: text, title: text, status: whole, detail: text, refused: list(refused) }, [
    ...['type', 'title', 'status', 'detail'],
  ]),
  Gateway: { ...object({ message: text }), description: 'What API Gateway says by itself.' },
  Accepted: object({ dataset: text, accepted: list(accepted) }),
  Mixed: object({ dataset: text, accepted: list(accepted), refused: list(refused) }),
  Registered: object({ status: { const: 'accepted' }, user_id: { type: ['integer', 'string'] } }),
  Upload: object({
    ...{ method: { const: 'PUT' }, url: text, key: text, expires_at: text },
    headers: { type: 'object', additionalProperties: text },
  }),
  Receipt: object({ receipt: text, state: text, dataset: text, delivery: text }, ['receipt', 'state']),
  Deliveries: object({ deliveries: list(delivery) }),
  Approvals: object({ approvals: list(schemaOf('Approval')) }),
  Approval: object(
    {
      ...{ approval: text, dataset: text, state: { enum: approvalStates } },
      ...{ verdict: text, why: text, version: whole, asked_at: text, deliveries: list(text) },
      ...{ decided_at: text, by: text, reason: text, outcome: { enum: ['refuse', 'land'] } },
      refused: {
        ...object({ decision: text, by: text, why: text, at: text, code: text, message: text }),
        description: 'The last decision, where it could not be done: nothing was changed by it.',
      },
      findings: list(
        object(
          {
            ...{ kind: text, field: text, column: text, unsafe: text },
            confidence: { type: 'number', minimum: 0, maximum: 1 },
            evidence: list(text),
            change: { type: 'object' },
          },
          ['kind', 'confidence', 'evidence'],
        ),
      ),
    },
    ['approval', 'dataset', 'state', 'verdict', 'why', 'version', 'asked_at', 'deliveries', 'findings'],
  ),
  Decided: object({ approval: text, dataset: text, decision: text }),
  Datasets: object({
    datasets: list(
      object({
        dataset: text,
        describe: text,
        key: list(text),
        read: { type: 'boolean' },
        write: { type: 'boolean' },
        version: { ...whole, description: 'Of the contract: 0 is the one in the code.' },
      }),
    ),
  }),
  Replayed: object({ picked: whole, passing: whole, failing: list(failing), deliveries: list(text) }),
  Discarded: object({ discarded: whole, deliveries: list(text) }),
  Quarantine: object({ rows: list(refusedRow) }),
  Undo: object({ revision: text, deliveries: { type: 'array', items: text } }),
  Health: object({ status: { const: 'healthy' } }),
};

const atomic: Json = {
  name: 'atomic',
  in: 'query',
  description: 'Whether all events are to be refused when one is.',
  schema: { type: 'boolean', default: false },
};
const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Requests of one caller under the same key are one request, for 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
};
const query = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'query',
  description,
  schema,
});
/** Which refused rows, and whether it is only a trial. */
const choice: Json = { delivery: text, reason: text };
const letters: Json = {
  anyOf: [{ const: true }, { type: 'string', minLength: 1 }],
  description:
    'In the place of refused rows, messages that were given up: for the dataset, or one by its id.',
};
const trial: Json = { dry_run: { type: 'boolean', default: false } };
const inPath = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: text }));

/** Answers of a route by status: refusals, and what the gateway answers before the function is asked. */
function responses({ refusals, open }: Route, good: Json): Json {
  const always: readonly ProblemKind[] = open ? ['internal'] : ['forbidden', 'internal'];
  const byStatus = Map.groupBy([...refusals, ...always], (kind) => problems[kind][0]);
  const gateway: readonly (readonly [number, string])[] = [
    ...(open ? [] : [[401, 'No key was sent'] as const]),
    [429, 'Too many requests at once'],
  ];
  const refusing = [...byStatus].map(([status, kinds]) => [
    status,
    { description: kinds.map((kind) => problems[kind][1]).join('; or ') },
  ]);
  const all = {
    ...Object.fromEntries(gateway.map(([status, description]) => [status, { description }])),
    ...Object.fromEntries(refusing),
  };
  for (const answer of Object.values(all) as Json[])
    answer.content = {
      'application/problem+json': { schema: schemaOf('Problem') },
      'application/json': { schema: schemaOf('Gateway') },
    };
  return { ...good, ...all };
}

/** What is particular to each operation: its parameters, its body and its good answers. */
const particulars: Readonly<Record<Operation, { good: Json; body?: Json; parameters?: readonly Json[] }>> = {
  postEvents: {
    good: {
      202: { description: 'All events are on their way', ...content(schemaOf('Accepted')) },
      207: { description: 'Some are on their way, some refused', ...content(schemaOf('Mixed')) },
    },
    parameters: [atomic, idempotencyKey],
  },
  uploadFile: {
    good: { 201: { description: 'Where to upload to', ...content(schemaOf('Upload')) } },
    body: content(
      object({
        name: { type: 'string', minLength: 1, maxLength: 200 },
        size: { type: 'integer', minimum: 1 },
        type: { enum: uploadTypes },
      }),
    ),
  },
  replayRows: {
    good: { 200: { description: 'What passes, and what still fails', ...content(schemaOf('Replayed')) } },
    body: content(
      object(
        { ...choice, ...trial, map: list(text), set: list(text), sql: list(text), why: text, dlq: letters },
        [],
      ),
    ),
  },
  discardRows: {
    good: { 200: { description: 'How many', ...content(schemaOf('Discarded')) } },
    body: content(object({ ...choice, ...trial, all: { type: 'boolean' }, why: text }, ['why'])),
  },
  listQuarantine: {
    good: { 200: { description: 'Refused rows, the oldest first', ...content(schemaOf('Quarantine')) } },
    parameters: [
      query('delivery', 'Of one delivery.', text),
      query('reason', 'Whose reason starts with this.', text),
      query('status', 'What has become of them.', {
        enum: ['open', 'replayed', 'discarded'],
        default: 'open',
      }),
      query('limit', 'So many.', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
    ],
  },
  getReceipt: { good: { 200: { description: 'Where it is', ...content(schemaOf('Receipt')) } } },
  listDeliveries: {
    good: { 200: { description: 'Deliveries', ...content(schemaOf('Deliveries')) } },
    parameters: [
      query('dataset', 'Of one dataset only.', text),
      query('limit', 'So many.', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
    ],
  },
  undoDelivery: {
    good: { 202: { description: 'It is asked for', ...content(schemaOf('Undo')) } },
    parameters: [
      query('with_replays', 'And what was replayed of its refused rows.', {
        type: 'boolean',
        default: false,
      }),
    ],
    body: {
      required: false,
      ...content({ ...object({ reason: { type: 'string', maxLength: 500 } }), required: [] }),
    },
  },
  listApprovals: {
    good: { 200: { description: 'Approvals', ...content(schemaOf('Approvals')) } },
    parameters: [
      query('dataset', 'Of one dataset only.', text),
      query('all', 'Those that are decided as well.', { type: 'boolean', default: false }),
    ],
  },
  getApproval: { good: { 200: { description: 'The approval', ...content(schemaOf('Approval')) } } },
  decideApproval: {
    good: { 202: { description: 'It is being done', ...content(schemaOf('Decided')) } },
    body: content(
      object(
        {
          decision: { enum: ['approve', 'reject', 'undo'] },
          why: { type: 'string', minLength: 1, maxLength: 500 },
          land: {
            type: 'boolean',
            description: 'Of a rejection: deliveries that wait land as the contract has it.',
          },
        },
        ['decision', 'why'],
      ),
    ),
  },
  listDatasets: { good: { 200: { description: 'Datasets', ...content(schemaOf('Datasets')) } } },
  postUser: {
    good: registered(),
    parameters: [idempotencyKey],
    body: content(schemaOf(recomartRoutes.postUser)),
  },
  postTransaction: {
    good: registered(),
    parameters: [idempotencyKey],
    body: content(schemaOf(recomartRoutes.postTransaction)),
  },
  getHealth: { good: { 200: { description: 'It does', ...content(schemaOf('Health')) } } },
  getOpenApi: { good: { 200: { description: 'OpenAPI 3.1', ...content({ type: 'object' }) } } },
  getDocs: { good: { 200: { description: 'A page', ...content(text, 'text/html') } } },
};

function registered(): Json {
  return { 201: { description: 'It is on its way', ...content(schemaOf('Registered')) } };
}

function operation(id: Operation, { body: given, extra = {} }: { body?: Json; extra?: Json } = {}): Json {
  const route: Route = routes[id];
  const { good, body = given, parameters = [] } = particulars[id];
  const known = [...inPath(route.path), ...parameters];
  return {
    operationId: id,
    summary: route.summary,
    ...(known.length && { parameters: known }),
    ...(body && { requestBody: { required: true, ...body } }),
    ...(route.open && { security: [] }),
    responses: responses(route, good),
    ...extra,
  };
}

/** The way to post events of one dataset, with its own schema in the place of any. */
function posting(contract: Contract): [string, Json] {
  const one = schemaOf(contract.name);
  const many = { type: 'array', items: one, minItems: 1, maxItems: 1000 };
  const body = {
    content: {
      'application/json': { schema: { oneOf: [one, many] } },
      'application/x-ndjson': { schema: { ...text, description: 'One event a line.' } },
    },
  };
  const { parameters: _, ...rest } = operation('postEvents', { body });
  const own = {
    operationId: `post_${contract.name}`,
    summary: contract.describe,
    parameters: [atomic, idempotencyKey],
  };
  return [
    `/v1/${contract.domain}/${contract.dataset}`,
    { post: { ...rest, ...own, tags: [contract.domain] } },
  ];
}

/**
 * The whole document. `version` is the product's.
 * @example openApi(datasets, '0.1.0').paths['/v1/retailos/stores'].post
 */
export function openApi(contracts: readonly Contract[], version: string): Json {
  const others = (Object.keys(routes) as Operation[])
    .filter((id) => id !== 'postEvents')
    .map((id): [string, Json] => [routes[id].path, { [routes[id].method.toLowerCase()]: operation(id) }]);
  const rows = contracts.map((contract) => {
    const { $schema: _schema, $id: _id, ...schema } = jsonSchema(contract);
    return [contract.name, schema] as const;
  });
  return {
    openapi: '3.1.0',
    info: { title: 'Wharf', version, description: 'Events and files in, checked tables out.' },
    security: [{ key: [] }],
    paths: Object.fromEntries([...contracts.map(posting), ...others]),
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of `wharf keys`, or a token of the configured issuer.',
        },
      },
      schemas: { ...shapes, ...Object.fromEntries(rows) },
    },
  };
}
