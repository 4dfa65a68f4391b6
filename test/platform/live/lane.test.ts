import { expect, it } from '@jest/globals';
import type { LiveRow, Subscription } from '../../../core/live/model.ts';
import { Lane, type LaneDeps } from '../../../platform/live/lane.ts';

const row = (id: number): LiveRow => ({ id }) as unknown as LiveRow;
const client = (connection: string): Subscription =>
  ({ connection, filter: {}, send: ['events'], caller: 'me' }) as unknown as Subscription;
const idsIn = (bodies: readonly string[]): number[] =>
  bodies.flatMap((body) => [...body.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id)));

/** A lane whose laps go on when they are told to, and what each client got in each of its turns. */
function laneOf(...clients: string[]) {
  const got: Record<string, number[][]> = Object.fromEntries(clients.map((one) => [one, []]));
  const state = { clients, during: (_: string) => {}, fails: false, laps: 0 };
  const inTurn: LaneDeps['inTurn'] = async (listeners, bodiesFor) => {
    state.laps += 1;
    for (const listener of listeners) {
      await Promise.resolve();
      if (state.fails) throw new Error('the table is away');
      const ids = idsIn(bodiesFor(listener));
      if (ids.length > 0) got[listener.connection] = [...(got[listener.connection] ?? []), ids];
      state.during(listener.connection);
    }
  };
  const lane = new Lane({ dataset: 'd', listeners: async () => state.clients.map(client), inTurn });
  return { lane, got, state };
}

it('what comes during a lap is told those who are late in it at once, the others in their next turn', async () => {
  const { lane, got, state } = laneOf('a', 'b', 'c');
  const later: Promise<void>[] = [];
  state.during = (connection) => {
    if (connection === 'a' && later.length === 0) later.push(lane.share([row(3)]));
  };
  await lane.share([row(1), row(2)]);
  expect(got).toEqual({ a: [[1, 2]], b: [[1, 2, 3]], c: [[1, 2, 3]] });
  await Promise.all(later);
  expect(got).toEqual({ a: [[1, 2], [3]], b: [[1, 2, 3]], c: [[1, 2, 3]] });
  expect(state.laps).toBe(2);
});

it('whoever begins to listen during a lap has in the next what was kept meanwhile', async () => {
  const { lane, got, state } = laneOf('a');
  const later: Promise<void>[] = [];
  state.during = () => {
    if (later.length > 0) return;
    state.clients = ['a', 'new'];
    later.push(lane.share([row(2)]));
  };
  await lane.share([row(1)]);
  await Promise.all(later);
  expect(got).toEqual({ a: [[1], [2]], new: [[2]] });
});

it('each has everything once and in order, whatever comes when', async () => {
  const { lane, got, state } = laneOf('a', 'b', 'c', 'd', 'e');
  const shared: Promise<void>[] = [];
  let n = 0;
  state.during = () => {
    if (n < 500) shared.push(lane.share([row(n++), row(n++)]));
  };
  shared.push(lane.share([row(n++)]));
  while (shared.length > 0) await shared.shift();
  const all = Array.from({ length: n }, (_, i) => i);
  for (const turns of Object.values(got)) expect(turns.flat()).toEqual(all);
});

it('a failure is told those whose rows were to go round, and no others', async () => {
  const { lane, got, state } = laneOf('a');
  state.fails = true;
  const first = lane.share([row(1)]);
  const second = lane.share([row(2)]).then(() => 'sent');
  await expect(first).rejects.toThrow('the table is away');
  state.fails = false;
  expect(await second).toBe('sent');
  expect(got).toEqual({ a: [[2]] });
});

it('nothing to send is sent to nobody', async () => {
  const { lane, state } = laneOf('a');
  await lane.share([]);
  expect(state.laps).toBe(0);
});
