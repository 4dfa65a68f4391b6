import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { packParts } from '../../../core/api/parts.ts';
import type { EventMessage } from '../../../core/events/model.ts';
import { orderedSender, sender } from '../../../platform/api/queue.ts';
import { awsJson } from '../../../platform/aws-json.ts';
import { AwsFailure } from '../../../platform/signed-request.ts';
import { startBench, temporaryState } from '../../local/fixtures/bench.ts';

/** A queue that notes its requests. */
function queue(answer: (ids: readonly string[]) => object = () => ({})) {
  const requests: string[][] = [];
  const send = sender(async (_, input) => {
    const { Entries } = input as { Entries: { Id: string; MessageBody: string }[] };
    requests.push(Entries.map(({ MessageBody }) => MessageBody));
    await new Promise(setImmediate);
    return answer(Entries.map(({ Id }) => Id)) as Record<string, unknown>;
  }, 'url');
  return { requests, send };
}

describe('sending messages', () => {
  it('puts those of many callers into few requests, in order, within what the queue takes', async () => {
    const { requests, send } = queue();
    await Promise.all(Array.from({ length: 204 }, (_, i) => send([String(i)])));
    expect(requests.flat()).toEqual(Array.from({ length: 204 }, (_, i) => String(i)));
    // The first at once, full ones beside it, and what is left when those are through.
    expect(requests).toHaveLength(1 + 20 + 1);
    const large = 'x'.repeat(100_000);
    requests.length = 0;
    await send([large, large, large, large, large, 'é'.repeat(131_072)]);
    expect(requests.map((bodies) => bodies.length)).toEqual([2, 2, 1, 1]);
  });

  it('fails for those whose message was refused, and for nobody else', async () => {
    const { send } = queue((ids) => ({
      Failed: ids.slice(1, 2).map((Id) => ({ Id, Code: 'InternalError' })),
    }));
    const outcomes = await Promise.allSettled(Array.from({ length: 14 }, () => send(['x'])));
    const failed = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
    expect(failed).toEqual([2, 12]);
    const down = sender(async () => {
      throw new AwsFailure('Down', 503);
    }, 'url');
    await expect(down(['x', 'y'])).rejects.toMatchObject({ name: 'Down' });
    await expect(down(['x'])).rejects.toThrow();
  });

  it('does not hold up others for a request that hangs', async () => {
    const hangs = Promise.withResolvers<Record<string, unknown>>();
    let requests = 0;
    const send = sender(() => (++requests === 1 ? hangs.promise : Promise.resolve({})), 'url');
    const first = send(['a']);
    await send(['b']);
    hangs.resolve({});
    await first;
  });

  it('sends a full request beside one that is under way', async () => {
    const { requests, send } = queue();
    await Promise.all(Array.from({ length: 11 }, (_, i) => send([String(i)])));
    expect(requests.map(({ length }) => length)).toEqual([1, 10]);
  });

  it('reaches a real queue byte for byte', async () => {
    await using state = await temporaryState();
    await using bench = await startBench({ state: state.folder });
    const QueueUrl = bench.queueUrl('LandedDlq');
    const env = {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
      AWS_ENDPOINT_URL: bench.cloud.endpoints.sqs,
    };
    const call = awsJson('sqs', env);
    const events = [`{"text":"é\\"\\\\ \u{1f600}\ufffe\u2028","long":"${'x'.repeat(200_000)}"}`];
    await sender(call, QueueUrl)(packParts({ post: 'p', dataset: 'a.b', received_at: '' }, events).bodies);
    const { Messages } = await bench.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const received = Messages!.map(({ Body }) => JSON.parse(Body!) as EventMessage);
    expect(received.flatMap((message) => message.events)).toEqual([[0, events[0]]]);
    await expect(sender(call, bench.queueUrl('Nowhere'))(['x'])).rejects.toMatchObject({
      name: expect.stringMatching(/NonExistent|DoesNotExist/),
    });
  });
});

describe('sending the parts of a post in order', () => {
  type Entry = Readonly<Record<'MessageBody' | 'MessageGroupId' | 'MessageDeduplicationId', string>>;
  /** A FIFO queue that refuses a body as often as it is told. */
  function fifo(refusals: Record<string, number> = {}) {
    const taken: Entry[] = [];
    const send = orderedSender(async (_, input) => {
      const { Entries } = input as { Entries: (Entry & { Id: string })[] };
      await new Promise(setImmediate);
      const Failed = Entries.filter(({ MessageBody }) => (refusals[MessageBody] ?? 0) > 0);
      for (const { MessageBody } of Failed) refusals[MessageBody]! -= 1;
      taken.push(...Entries.filter((entry) => !Failed.includes(entry)));
      return { Failed: Failed.map(({ Id }) => ({ Id, Code: 'InternalError' })) };
    }, 'url');
    return { taken, send, bodies: () => taken.map(({ MessageBody }) => MessageBody) };
  }

  it('names each after its post, in the group of its dataset', async () => {
    const { taken, send } = fifo();
    await send({ post: 'p', dataset: 'a.b' }, ['x', 'y']);
    expect(taken).toMatchObject([
      { MessageBody: 'x', MessageGroupId: 'a.b', MessageDeduplicationId: 'p.0' },
      { MessageBody: 'y', MessageGroupId: 'a.b', MessageDeduplicationId: 'p.1' },
    ]);
  });

  it('sends none behind one that was refused; sent again, each is in its place', async () => {
    const { send, bodies } = fifo({ y: 1 });
    const post = { post: 'p', dataset: 'a.b' };
    await expect(send(post, ['x', 'y', 'z'])).rejects.toMatchObject({ code: 'queue.refused' });
    expect(bodies()).toEqual(['x']);
    await send(post, ['x', 'y', 'z']);
    expect(bodies()).toEqual(['x', 'x', 'y', 'z']);
  });

  it('shares requests among posts', async () => {
    let requests = 0;
    const send = orderedSender(async () => ({ requests: ++requests }), 'url');
    await Promise.all(Array.from({ length: 44 }, (_, i) => send({ post: `${i}`, dataset: 'a.b' }, ['x'])));
    expect(requests).toBe(1 + 4 + 1);
  });
});
