/** Who gets which part of a post, on a real table: claims of many parts in one write, and none of them twice. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Meter } from '../../../local/meter.ts';
import { awsClients } from '../../../platform/aws.ts';
import { type ClaimDeps, claimParts } from '../../../platform/events/claims.ts';
import { Ledger } from '../../../platform/ledger.ts';
import type { Claim } from '../../../platform/ledger-items.ts';
import { ledgerTable, startLedgerTable } from '../../support/ledger-table.ts';

const meter = new Meter();
let ledger: Ledger;
let stop: () => Promise<void>;

beforeAll(async () => {
  const table = await startLedgerTable();
  const clients = awsClients(table.env);
  ledger = new Ledger(meter.watch({ dynamodb: clients.dynamodb }).dynamodb, ledgerTable.TableName);
  stop = async () => {
    for (const client of Object.values(clients)) client.destroy();
    await table.stop();
  };
});
afterAll(() => stop());

let tests = 0;
let beginning: string;
beforeEach(() => {
  beginning = String(tests++).padStart(8, 'A');
  meter.reset();
});

const partsOf = (n: number, alike = beginning) =>
  Array.from({ length: n }, (_, i) => `${alike}${String(i).padStart(14, '0')}.0`);
const claimOf = (delivery: string, minute = 0): Claim => ({
  delivery,
  started_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
});
const claim = async (by: Claim, parts: readonly string[], after?: Claim) => {
  const free = new Map(parts.map((part) => [part, { is: 'free', after } as const]));
  return [...(await claimParts(by, free, { ledger, now: () => new Date() } as ClaimDeps))].sort();
};
const holders = async (parts: readonly string[]) => {
  const claims = await ledger.claims(parts);
  return parts.map((part) => claims.get(part)?.delivery);
};

it('parts whose names begin alike are claimed a hundred in a write', async () => {
  const parts = partsOf(250);
  expect(await claim(claimOf('d'), parts)).toEqual(parts);
  expect(Object.fromEntries(meter.requests)).toEqual({ 'DynamoDB UpdateItem': 3 });
  expect(await ledger.claims(parts)).toEqual(new Map(parts.map((part) => [part, claimOf('d')])));
});

it('parts that have nothing in common are claimed each by itself', async () => {
  const parts = ['x', 'y', 'z'].flatMap((alike) => partsOf(1, `${beginning.slice(1)}${alike}`));
  expect(await claim(claimOf('d'), parts)).toEqual(parts);
  expect(meter.total).toBe(3);
});

it('what another has already is not taken, and keeps nobody from the rest', async () => {
  const parts = partsOf(120);
  const theirs = [parts[3]!, parts[77]!, parts[110]!];
  await claim(claimOf('theirs'), theirs);
  expect(await claim(claimOf('mine'), parts)).toEqual(parts.filter((part) => !theirs.includes(part)));
  expect(await holders(parts)).toEqual(parts.map((part) => (theirs.includes(part) ? 'theirs' : 'mine')));
});

it('of two at once each part has one', async () => {
  const parts = partsOf(130);
  const workers = ['a', 'b', 'c'].map((name) => claimOf(name));
  const reversed = parts.toReversed();
  const got = await Promise.all(workers.map((worker, i) => claim(worker, i % 2 ? reversed : parts)));
  expect(got.flat().toSorted()).toEqual(parts);
  const owner = new Map(
    workers.flatMap(({ delivery }, i) => got[i]!.map((part) => [part, delivery] as const)),
  );
  expect(await holders(parts)).toEqual(parts.map((part) => owner.get(part)));
});

it('a claim whose answer was lost is made again', async () => {
  const parts = partsOf(5);
  await claim(claimOf('d'), parts);
  expect(await claim(claimOf('d'), parts)).toEqual(parts);
});

it('what stands is taken over only from whom it was seen with', async () => {
  const [part] = partsOf(1) as [string];
  await claim(claimOf('dead'), [part]);
  expect(await claim(claimOf('rival'), [part], claimOf('older'))).toEqual([]);
  expect(await claim(claimOf('rival'), [part], claimOf('dead', 1))).toEqual([]);
  expect(await claim(claimOf('heir'), [part], claimOf('dead'))).toEqual([part]);
  expect(await claim(claimOf('late'), [part], claimOf('dead'))).toEqual([]);
  expect(await holders([part])).toEqual(['heir']);
});
