/** `wharf simulate orders` beside a `wharf start`, as somebody shows it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { duration, rate } from '../../cli/arguments.ts';
import { play } from '../../cli/simulate/play.ts';
import { streamingOrders } from '../../datasets/retailos/streaming_orders.ts';
import { connect } from '../pipeline/live/support.ts';
import { start, started, until, type Workplace, workplace } from './support.ts';

interface Told {
  readonly outcome: 'accepted' | 'refused';
  readonly event: Readonly<Record<string, unknown>>;
}

describe('wharf simulate orders', () => {
  let place: Workplace;
  let cloud: Awaited<ReturnType<typeof started>>;
  beforeAll(async () => {
    place = await workplace();
    cloud = await started(place);
    cloud.s3.destroy();
  }, 60_000);
  afterAll(() => place[Symbol.asyncDispose]());

  const lines = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as never);

  it('posts to the API that is up, and who listens there hears what was accepted', async () => {
    const client = await connect(cloud.ready.ws, cloud.ready.apiKey);
    await client.ask({ action: 'subscribe', datasets: ['retailos.streaming_orders'] });
    const args = ['--json', 'simulate', 'orders', '--rate', '50/s', '--count', '30', '--defects', '0.3'];
    const { code, stdout } = await place.run(...args);
    expect(code).toBe(0);
    const told: Told[] = lines(stdout);
    const totals = told.pop() as unknown as Record<string, number>;
    const ids = (outcome: string) =>
      told.filter((one) => one.outcome === outcome).map(({ event }) => String(event.order_id).trim());
    expect(totals).toEqual({ sent: 30, accepted: ids('accepted').length, refused: ids('refused').length });
    expect(totals.refused).toBeGreaterThan(0);
    const heard = () => new Set(client.events().map((one) => one.order_id));
    await until('all are heard', () => ids('accepted').every((id) => heard().has(id)));
    await client.end();
  });

  it('ends well on Ctrl-C, and says how many there were', async () => {
    const playing = place.start('simulate', 'orders', '--rate', '20/s');
    await until('it plays', async () => (await place.json<unknown[]>('deliveries')).length > 0);
    await new Promise((wake) => setTimeout(wake, 1_000));
    playing.child.kill('SIGINT');
    const { code, stdout, stderr } = await playing.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const told = stdout.trimEnd().split('\n');
    expect(told.at(-1)).toBe(`${told.length - 1} sent, ${told.length - 1} accepted, 0 refused`);
    expect(told.length).toBeGreaterThan(1);
  });

  it('says what is missing where no API is up, or none answers, and what cannot be played', async () => {
    const error = async (...args: string[]) => {
      const { code, stdout } = await start(['--json', '--state', place.file('empty'), 'simulate', ...args])
        .ended;
      return {
        code,
        error: (JSON.parse(stdout.slice(stdout.lastIndexOf('{\n  "error"'))) as { error: { code: string } })
          .error.code,
      };
    };
    expect(await error('orders')).toEqual({ code: 2, error: 'simulate.no_api' });
    expect(await error('orders', '--url', cloud.ready.api)).toEqual({ code: 2, error: 'simulate.no_key' });
    const wrong = ['orders', '--url', cloud.ready.api, '--key', 'wrong'];
    expect(await error(...wrong)).toEqual({ code: 2, error: 'simulate.unreachable' });
    expect(await error('ordres')).toEqual({ code: 2, error: 'simulate.unknown' });
  });
});

describe('a play', () => {
  const now = () => new Date('2026-02-13T17:28:07.000Z');
  const first = (seed: number, defects = 0) =>
    play(streamingOrders, { seed, defects, rate: [1, 5] }, now)
      .take(50)
      .map(({ happen, due }) => ({ due, event: JSON.parse(happen()) as Record<string, unknown> }))
      .toArray();

  it('is the same for the same seed, and another for another', () => {
    expect(first(7, 0.5)).toEqual(first(7, 0.5));
    expect(first(7)).not.toEqual(first(8));
  });

  it('has one order every one to five seconds, at the moment it happens', () => {
    const orders = first(1);
    const gaps = orders.slice(1).map(({ due }, i) => due - orders[i]!.due);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
    expect(new Set(orders.map(({ event }) => event.timestamp))).toEqual(
      new Set(['2026-02-13T17:28:07.000Z']),
    );
    expect(new Set(orders.map(({ event }) => event.order_id)).size).toBe(50);
  });
});

describe('an option', () => {
  it('says how fast', () => {
    expect([rate('1-5s'), rate('0.5-1s'), rate('50/s')]).toEqual([
      [1, 5],
      [0.5, 1],
      [0.02, 0.02],
    ]);
    for (const wrong of ['', '5', '5-1s', '0/s', '-1/s', '1/m', '0-0s', 'NaN/s'])
      expect(() => rate(wrong)).toThrow('1-5s');
  });

  it('says how long', () => {
    expect([duration('90s'), duration('10m'), duration('1.5h'), duration('20ms')]).toEqual([
      90_000, 600_000, 5_400_000, 20,
    ]);
    for (const wrong of ['', '10', '0s', '1d', 'm'])
      expect(() => duration(wrong)).toThrow('A time is expected');
  });
});
