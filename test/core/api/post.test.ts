import { describe, expect, it } from '@jest/globals';
import { packParts, readReceipt } from '../../../core/api/parts.ts';
import { type Answer, answerPost, assertAllAccepted, judgePost } from '../../../core/api/post.ts';
import { allows, isScope } from '../../../core/api/scopes.ts';
import { type EventMessage, PART_BYTES } from '../../../core/events/model.ts';
import { dataset } from '../../../datasets/index.ts';

const users = dataset('recomart.users');
const good = '{"user_id":1001,"age":28,"gender":"M","device":"Mobile"}';
const bad = '{"user_id":"secret-7","age":0,"gender":null}';
const post = 'p'.repeat(22);

function answer(...events: string[]): Answer {
  const head = { post, dataset: users.name, received_at: '2026-01-01T00:00:00.000Z' };
  const { partOf } = packParts(head, events);
  return answerPost(users, events, judgePost(users, events), { post, partOf });
}

describe('the answer to a post', () => {
  it('is 202 with a receipt an event when all is good', () => {
    expect(answer(good, good)).toEqual({
      status: 202,
      body: {
        dataset: 'recomart.users',
        accepted: [
          { event: 0, receipt: `${post}.0.0` },
          { event: 1, receipt: `${post}.0.1` },
        ],
      },
    });
  });

  it('is 207 when some is refused: where, what kind of value, what is allowed, and never the value', () => {
    const { status, body } = answer(good, bad);
    expect(status).toBe(207);
    expect(body).toMatchObject({
      accepted: [{ event: 0 }],
      refused: [
        {
          event: 1,
          receipt: `${post}.0.1`,
          problems: [
            { path: '[1].user_id', reason: 'pattern_mismatch', got: 'string', allowed: 'id, ^\\d+$' },
            { path: '[1].age', reason: 'out_of_range', got: 'number', allowed: 'int, > 0' },
            { path: '[1].gender', reason: 'missing_required_value', got: 'null', allowed: 'enum, M, F' },
            { path: '[1].device', reason: 'missing_required_value', got: 'nothing' },
          ],
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('secret-7');
  });

  it('is a problem with 422 when nothing is good', () => {
    expect(answer(bad, 'no json')).toMatchObject({
      status: 422,
      body: {
        type: 'urn:wharf:problem:events-refused',
        status: 422,
        refused: [{ event: 0 }, { event: 1, problems: [{ path: '[1]', reason: 'malformed_row' }] }],
      },
    });
  });

  it('stays short: beyond a hundred refused events it gives receipts only', () => {
    const { body } = answer(...Array<string>(1000).fill(bad));
    const { refused } = body as { refused: { problems?: unknown; receipt: string }[] };
    expect(refused.filter(({ problems }) => problems)).toHaveLength(100);
    expect(refused.filter(({ receipt }) => receipt)).toHaveLength(1000);
  });

  it('with atomic is a refusal when anything is bad, without receipts: nothing was taken in', () => {
    const events = [good, bad];
    expect(() => assertAllAccepted(users, [good], judgePost(users, [good]))).not.toThrow();
    expect(() => assertAllAccepted(users, events, judgePost(users, events))).toThrow(
      expect.objectContaining({ document: expect.objectContaining({ status: 422 }) }),
    );
  });
});

describe('the messages of a post', () => {
  const head = { post, dataset: 'a.b', received_at: 'now' };

  it('hold every event once, in order, as it came, within what a queue takes', () => {
    const events = Array.from(
      { length: 300 },
      (_, i) => `{"n":${i},"t":"${'"\\u0001\ufffe\ufffféx'.repeat(i)}"}`,
    );
    const { bodies, partOf } = packParts(head, events);
    const messages = bodies.map((body) => JSON.parse(body) as EventMessage);
    expect(bodies.length).toBeGreaterThan(2);
    expect(messages.flatMap((message) => message.events)).toEqual(events.map((json, i) => [i, json]));
    expect(messages.flatMap(({ part, events }) => events.map(() => part))).toEqual(partOf);
    for (const body of bodies) {
      expect(Buffer.byteLength(body)).toBeLessThan(256 * 1024);
      expect(body).not.toMatch(/[\ufffe\uffff]/);
    }
  });

  it('cannot hold an event that is larger than one, which is said of it', () => {
    expect(() => packParts(head, ['{}', `"${'x'.repeat(PART_BYTES)}"`])).toThrow(
      expect.objectContaining({ code: 'api.too-large', document: expect.objectContaining({ event: 1 }) }),
    );
  });

  it('are found again by a receipt', () => {
    expect(readReceipt(`${post}.3.17`)).toEqual({ part: `${post}.3`, index: 17 });
    for (const text of ['', 'x', `${post}.1`, `${post}.1.1.1`, `../${post}.1.1`, `${post}.-1.1`])
      expect(readReceipt(text)).toBeUndefined();
  });
});

describe('the scopes of a key', () => {
  it.each([
    [['retailos.*:write'], 'retailos.stores', 'write', true],
    [['retailos.*:write'], 'retailos.stores', 'read', false],
    [['retailos.*:write'], 'retail.stores', 'write', false],
    [['retailos.*:write'], 'retailosx.stores', 'write', false],
    [['retailos.stores:read'], 'retailos.stores', 'read', true],
    [['retailos.stores:read'], 'retailos.stores_old', 'read', false],
    [['*:read'], 'retailos.stores', 'read', true],
    [['*:read'], 'retailos.stores', 'write', false],
    [['admin'], 'retailos.stores', 'write', true],
    [[], 'retailos.stores', 'read', false],
  ] as const)('%j on %s: %s is %s', (scopes, name, direction, expected) => {
    expect(allows(scopes, name, direction)).toBe(expected);
  });

  it.each(['retailos.*:write', '*:read', 'admin', 'a.b_2:read'])('%s is one', (text) =>
    expect(isScope(text)).toBe(true),
  );
  it.each(['', 'admin ', '*', 'retailos:write', '*.*:read', 'a.b:delete', 'a.b:read\n', 'A.b:read'])(
    '%p is none',
    (text) => expect(isScope(text)).toBe(false),
  );
});
