import { describe, expect, it } from '@jest/globals';
import type { Problem } from '../../../core/api/problem.ts';
import { eventMessages, MESSAGE_BYTES } from '../../../core/live/model.ts';
import { readable, readFilter, readRequest } from '../../../core/live/request.ts';
import { findDataset } from '../../../datasets/index.ts';
import { streamingOrders } from '../../../datasets/retailos/streaming_orders.ts';

const kind = (work: () => unknown): string => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return (error as Problem).document.type.split(':').at(-1)!;
  }
};

describe('a message', () => {
  it.each([
    ['', 'malformed-json'],
    ['{"action":', 'malformed-json'],
    ['[]', 'malformed-json'],
    ['null', 'malformed-json'],
    ['{}', 'unknown-action'],
    ['{"action":"constructor"}', 'unknown-action'],
    ['{"action":"subscribe"}', 'malformed-request'],
    ['{"action":"subscribe","datasets":[]}', 'malformed-request'],
    ['{"action":"subscribe","datasets":["a.b"],"send":["orders"]}', 'malformed-request'],
    ['{"action":"subscribe","datasets":["a.b"],"filters":{}}', 'malformed-request'],
    [`{"action":"ping","id":"${'x'.repeat(65)}"}`, 'malformed-request'],
    ['{"action":"ping","id":"7"}', '{"action":"ping","id":"7"}'],
  ])('%s is %s', (text, expected) => {
    expect(kind(() => readRequest(text))).toBe(expected);
  });
});

describe('a filter', () => {
  const read = (json: string) => kind(() => readFilter(JSON.parse(json), [streamingOrders]));

  it('is fields and values, as text', () => {
    expect(read('{"store_id":[12,"S1"],"order_source":"App"}')).toBe(
      '{"order_source":["App"],"store_id":["12","S1"]}',
    );
  });

  it.each(['{"colour":"red"}', '{"__proto__":"x"}', '{"price":"1"}', '{"store_id":[]}', '{"store_id":{}}'])(
    '%s is refused rather than taken for none',
    (json) => expect(read(json)).toBe('malformed-request'),
  );
});

describe('a dataset', () => {
  it.each([
    ['retailos.streaming_orders', ['retailos.*:read'], undefined],
    ['retailos.streaming_orders', ['retailos.*:write'], 'forbidden'],
    ['retailos.streaming_orders', ['recomart.*:read'], 'unknown-dataset'],
    ['retailos.nothing', ['admin'], 'unknown-dataset'],
    ['retailos.stores', ['admin'], 'not-live'],
  ])('%s for a key with %j: %s', (name, scopes, expected) => {
    const found = kind(() => readable(name, findDataset(name), scopes).name && undefined);
    expect(found).toBe(expected);
  });
});

it('sends no message larger than API Gateway takes, and each event once, in order', () => {
  const texts = Array.from({ length: 50 }, (_, i) => JSON.stringify({ i, é: 'é'.repeat(3_000) }));
  const messages = eventMessages('a.b', [...texts, JSON.stringify('x'.repeat(MESSAGE_BYTES))]);
  expect(messages.length).toBeGreaterThan(1);
  for (const text of messages) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(128 * 1024);
  const sent = messages.flatMap((text) => (JSON.parse(text) as { events: { i: number }[] }).events);
  expect(sent.map(({ i }) => i)).toEqual(texts.map((_, i) => i));
});
