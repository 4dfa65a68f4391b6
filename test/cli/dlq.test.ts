/** Dead letters outlive the process, say why they are ones, go back or go for good. */
import { ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import { message, user } from '../pipeline/posted.ts';
import { started, until, type Workplace, workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  await using installation = await openInstallation(place.state);
  const { QueueUrls = [] } = await installation.sqs.send(new ListQueuesCommand({}));
  const send = (queue: string, MessageBody: string) =>
    installation.sqs.send(
      new SendMessageCommand({ QueueUrl: QueueUrls.find((url) => url.includes(queue)), MessageBody }),
    );
  await send('EventsQueue', 'no JSON');
  await send('EventsQueue', JSON.stringify(message('a', 0, 'no.dataset', [{}])));
  await send('LandedQueue', 'nothing S3 would say');
  await send('EventsDeadLetters', JSON.stringify(message('b', 0, 'recomart.users', [user(7)])));
  await installation.idle();
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

interface Shown {
  readonly id: string;
  readonly queue: string;
  readonly about: string;
  readonly code: string | null;
  readonly body?: string;
}
const show = (...args: string[]) => place.json<Shown[]>('dlq', 'show', ...args);
/** Messages in the dead letters of the three queues of files and events; the others have none. */
const counts = async () =>
  Object.fromEntries(
    (await place.json<{ queue: string; messages: number }[]>('dlq', 'list')).flatMap(
      ({ queue, messages }) => {
        const name = /Landed|Commits|Events/.exec(queue)?.[0];
        return name || messages > 0 ? [[name ?? queue, messages]] : [];
      },
    ),
  );

describe('wharf dlq', () => {
  it('lists what a former process left, queue by queue, and each with its reason', async () => {
    expect(await counts()).toEqual({ Landed: 1, Commits: 0, Events: 3 });
    const letters = await show();
    expect(letters.map(({ about, code }) => [about, code]).sort()).toEqual([
      ['', 'events.invalid_message'],
      ['', 'notice.invalid'],
      ['no.dataset', 'dataset.unknown'],
      ['recomart.users', null],
    ]);
    const one = await place.json<Shown>(
      'dlq',
      'show',
      letters.find(({ code }) => code === 'notice.invalid')!.id,
    );
    expect(one.body).toBe('nothing S3 would say');
    expect(await counts()).toEqual({ Landed: 1, Commits: 0, Events: 3 });
  }, 60_000);

  it('refuses what is not said clearly, and does nothing then', async () => {
    const codes = async (...args: string[]) => (await place.run('dlq', ...args)).code;
    expect(await codes('discard', '--all')).toBe(2);
    expect(await codes('discard', '--all', '--reason', ' ')).toBe(2);
    expect(await codes('discard', '--reason', 'x')).toBe(2);
    expect(await codes('redrive', 'unknown')).toBe(2);
    expect(await codes('show', '--queue', 'nothing')).toBe(2);
    expect(await counts()).toEqual({ Landed: 1, Commits: 0, Events: 3 });
  }, 60_000);

  it('sends back what can be handled now, and deletes for good what cannot, with a reason', async () => {
    const [good] = (await show()).filter(({ about }) => about === 'recomart.users');
    expect(await place.json('dlq', 'redrive', good!.id)).toEqual({ redriven: 1 });
    expect(await place.json('query', 'SELECT user_id FROM recomart.users')).toEqual([{ user_id: '7' }]);
    const [bad] = await show('--queue', 'landed');
    expect(
      await place.json('dlq', 'discard', '--queue', 'landed', '--all', '--reason', 'sent by hand'),
    ).toEqual({ discarded: 1 });
    expect(await counts()).toEqual({ Landed: 0, Commits: 0, Events: 2 });
    await using installation = await openInstallation(place.state);
    expect(await installation.ledger.discardedLetter(bad!.id)).toMatchObject({
      reason: 'sent by hand',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      why: { code: 'notice.invalid' },
    });
  }, 60_000);

  it('works beside `wharf start`: what comes back in vain is a dead letter again, with a new reason', async () => {
    const running = await started(place);
    expect(await place.json('dlq', 'redrive', '--all')).toEqual({ redriven: 2 });
    await until('both are back', async () => (await counts()).Events === 2);
    expect((await show()).map(({ code }) => code).sort()).toEqual([
      'dataset.unknown',
      'events.invalid_message',
    ]);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  }, 120_000);

  it('has events mended and landed by `wharf replay --dlq`, in the dataset that is named', async () => {
    const idOf = async (reason: string) => (await show()).find(({ code }) => code === reason)!.id;
    const replay = (...args: string[]) =>
      place.json<{ error?: { code: string } }>('replay', '--dataset', 'recomart.users', '--dlq', ...args);
    expect(await replay(await idOf('events.invalid_message'))).toMatchObject({
      error: { code: 'replay.no_events' },
    });
    expect(await replay('--delivery', 'x')).toMatchObject({ error: { code: 'replay.no_choice' } });
    const mended = ['user_id=9', 'age=30', 'gender=F', 'device=Mobile'].flatMap((one) => ['--set', one]);
    const lost = await idOf('dataset.unknown');
    expect(await replay(lost, '--dry-run')).toMatchObject({ picked: 1, passing: 0, deliveries: [] });
    expect(await replay(lost, ...mended)).toMatchObject({
      deliveries: [{ state: 'committed', accepted: 1 }],
    });
    expect(await counts()).toEqual({ Landed: 0, Commits: 0, Events: 1 });
  }, 120_000);
});
