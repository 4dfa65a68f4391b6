/** What clients may ask of the live API, read from the texts they send. */
import * as z from 'zod/mini';
import { Problem } from '../api/problem.ts';
import { allows } from '../api/scopes.ts';
import type { Contract, Type } from '../contract/model.ts';
import { type Filter, isLive, type LiveContract } from './model.ts';

const id = z.optional(z.string().check(z.maxLength(64)));
const datasets = z.array(z.string().check(z.maxLength(200))).check(z.minLength(1), z.maxLength(20));
const value = z.union([z.string().check(z.maxLength(200)), z.number(), z.boolean()]);
const values = z.array(value).check(z.minLength(1), z.maxLength(100));

/** Action → its message. */
const requests = {
  subscribe: z.strictObject({
    action: z.literal('subscribe'),
    id,
    datasets,
    filter: z.optional(z.looseObject({})),
    send: z._default(z.array(z.enum(['events', 'stats'])).check(z.minLength(1), z.maxLength(2)), ['events']),
  }),
  unsubscribe: z.strictObject({ action: z.literal('unsubscribe'), id, datasets: z.optional(datasets) }),
  ping: z.strictObject({ action: z.literal('ping'), id }),
} as const;

type Action = keyof typeof requests;
export type LiveRequest = z.infer<(typeof requests)[Action]>;

const actions = Object.keys(requests) as readonly Action[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {}
  throw new Problem('malformed-json', 'A message is one JSON object, such as {"action":"ping"}');
}

/** What the client called its message, to find the answer by; undefined where it said nothing readable. */
export function requestId(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && id.length <= 64 ? id : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a message.
 * @throws Problem `malformed-json`, `unknown-action`, `malformed-request`
 */
export function readRequest(text: string): LiveRequest {
  const message = parsed(text);
  const action = actions.find((name) => name === message.action);
  if (!action) throw new Problem('unknown-action', `action must be one of ${actions.join(', ')}`);
  const read = z.safeParse(requests[action], message);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue!.code === 'unrecognized_keys' ? issue!.keys.join(', ') : issue!.path.join('.');
  throw new Problem('malformed-request', `${action}: ${where} is not as it should be (${issue!.code})`);
}

/** Kinds whose values are the same when their texts are: 2.5 and 2.50 are one amount and two texts. */
const comparable = new Set<Type['is']>(['id', 'text', 'enum', 'int', 'boolean']);

/**
 * Reads a filter against the datasets it is for.
 * @throws Problem `malformed-request` naming a field that one of them lacks, or that no filter can be on
 */
export function readFilter(filter: object, contracts: readonly Contract[]): Filter {
  const entries = Object.entries(filter).map(([field, given]) => {
    for (const { name, fields } of contracts) {
      const usable = fields.filter(({ type }) => comparable.has(type.is)).map((one) => one.name);
      if (!usable.includes(field))
        throw new Problem(
          'malformed-request',
          `filter: ${name} is filtered by ${usable.join(', ')}, and by no other field`,
        );
    }
    const read = z.safeParse(values, [given].flat());
    if (!read.success)
      throw new Problem(
        'malformed-request',
        `filter.${field} must be a value, or a list of up to 100 values`,
      );
    return [field, read.data.map(String).sort()] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A dataset that a key with these scopes may follow.
 * @throws Problem `unknown-dataset`, `forbidden`, `not-live`
 */
export function readable(
  name: string,
  contract: Contract | undefined,
  scopes: readonly string[],
): LiveContract {
  const mayRead = allows(scopes, name, 'read');
  if (contract && !mayRead && allows(scopes, name, 'write'))
    throw new Problem('forbidden', `The key has no scope that allows to read ${name}`);
  if (!contract || !mayRead)
    throw new Problem(
      'unknown-dataset',
      'There is none of this name, or none that the key may see; see /v1/datasets',
    );
  if (isLive(contract)) return contract;
  throw new Problem('not-live', `${name} is not broadcast: its contract says nothing of "live"`);
}
