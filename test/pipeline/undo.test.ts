/** A delivery taken back, a dataset taken back to a moment, and what may land afterwards. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int } from '../../core/contract/fields.ts';
import { type TestCloud, testCloud } from './support.ts';

const row = z.object({ code: id(), n: int() });
const policies = ['replace', 'append', 'reject'] as const;
const names = ['plain', 'back', 'refused', 'again', 'gone'] as const;
const of = (name: string, onOverwrite: (typeof policies)[number] = 'replace') =>
  contract(`undo.${name}`, { describe: 'x', row, key: ['code'], onOverwrite });
const contracts = [...names.map((name) => of(name)), ...policies.map((policy) => of(policy, policy))];

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud({ contracts });
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const file = (...codes: string[]) => `code,n\n${codes.map((code) => `${code},1\n`).join('')}`;
const codes = async (dataset: string) =>
  (await cloud.rows(`SELECT code FROM ${dataset} ORDER BY code`)).map((r) => r.code);
const refused = async (dataset: string) =>
  (await cloud.rows(`SELECT raw FROM ${dataset}__quarantine ORDER BY raw`)).map(
    (r) => JSON.parse(String(r.raw)).code,
  );
const undo = (dataset: string, ...deliveries: string[]) =>
  cloud.revise(dataset, { what: 'undo', deliveries });
const rollback = (dataset: string, to: string) => cloud.revise(dataset, { what: 'rollback', to });
const wrong = (dataset: string) => cloud.audit(contracts.find(({ name }) => name === dataset)!);
const entry = async (delivery: string) => (await cloud.ledger.get(delivery))!;

describe('a delivery that is undone', () => {
  it('leaves table and quarantine, what came later stays, and the ledger says who, when and why', async () => {
    const dataset = 'undo.plain';
    const first = await cloud.land(dataset, 'a.csv', `${file('a', 'b')}bad,x\n`);
    await cloud.land(dataset, 'b.csv', `${file('c')}worse,x\n`);
    const revision = await undo(dataset, first.delivery);
    expect(await codes(dataset)).toEqual(['c']);
    expect(await refused(dataset)).toEqual(['worse']);
    expect(await entry(first.delivery)).toMatchObject({
      ...{ state: 'undone', read: 3, accepted: 2, quarantined: 1 },
      taken: { revision: revision.id, by: 'the test', reason: 'to see', was: 'committed' },
    });
    expect(revision).toMatchObject({ state: 'done', outcome: { outs: 1, backs: 0 } });
    expect(await wrong(dataset)).toEqual([]);
  });

  it('stays out when it is told of again, and when its undo is asked for again', async () => {
    const dataset = 'undo.again';
    const first = await cloud.land(dataset, 'a.csv', file('a'));
    await undo(dataset, first.delivery);
    await cloud.tell({
      Records: [{ s3: { bucket: { name: first.bucket }, object: { key: first.key, sequencer: '01' } } }],
    });
    await cloud.idle();
    expect(await undo(dataset, first.delivery)).toMatchObject({
      ...{ state: 'refused', why: { code: 'undo.nothing' } },
    });
    expect(await codes(dataset)).toEqual([]);
    expect(await entry(first.delivery)).toMatchObject({ state: 'undone' });
  });

  it('may land anew, under its own name or another', async () => {
    const dataset = 'undo.again';
    const anew = await cloud.land(dataset, 'b.csv', file('a'));
    expect(anew).toMatchObject({ state: 'committed' });
    await undo(dataset, anew.delivery);
    await new Promise((wait) => setTimeout(wait, 1100));
    expect(await cloud.land(dataset, 'a.csv', file('a'))).toMatchObject({ state: 'committed' });
    expect(await codes(dataset)).toEqual(['a']);
    expect(await wrong(dataset)).toEqual([]);
  });

  it('gives its key back to the content that it had replaced', async () => {
    const dataset = 'undo.back';
    const first = await cloud.land(dataset, 'k.csv', `${file('a', 'b')}bad,x\n`);
    const second = await cloud.land(dataset, 'k.csv', `${file('b', 'c')}worse,x\n`);
    expect(await undo(dataset, first.delivery)).toMatchObject({ state: 'refused' });
    expect(await undo(dataset, second.delivery)).toMatchObject({ outcome: { back: [first.delivery] } });
    expect([await codes(dataset), await refused(dataset)]).toEqual([['a', 'b'], ['bad']]);
    expect(await entry(first.delivery)).not.toHaveProperty('superseded_by');
    const twin = await cloud.land(dataset, 'twin.csv', `${file('a', 'b')}bad,x\n`);
    expect(twin).toMatchObject({ state: 'duplicate', duplicate_of: first.delivery });
    const third = await cloud.land(dataset, 'k.csv', file('z'));
    expect(third).toMatchObject({ replaces: [first.delivery] });
    expect(await codes(dataset)).toEqual(['z']);
    expect(await wrong(dataset)).toEqual([]);
  });

  it('does not bring back a content that has landed elsewhere meanwhile', async () => {
    const dataset = 'undo.gone';
    const first = await cloud.land(dataset, 'k.csv', file('a'));
    const second = await cloud.land(dataset, 'k.csv', file('b'));
    await cloud.land(dataset, 'other.csv', file('a'));
    expect(await undo(dataset, second.delivery)).toMatchObject({ outcome: { lost: [first.delivery] } });
    expect(await codes(dataset)).toEqual(['a']);
    expect(await wrong(dataset)).toEqual([]);
  });

  it('that was refused whole leaves the quarantine', async () => {
    const dataset = 'undo.refused';
    const first = await cloud.land(dataset, 'a.csv', 'code,m\na,1\n');
    expect(first).toMatchObject({ state: 'refused', quarantined: 1 });
    await undo(dataset, first.delivery);
    expect(await refused(dataset)).toEqual([]);
    expect(await entry(first.delivery)).toMatchObject({ state: 'undone', taken: { was: 'refused' } });
    expect(await wrong(dataset)).toEqual([]);
  });

  it('makes room under its key where contents may not be replaced, and leaves others where they add up', async () => {
    const first = await cloud.land('undo.reject', 'k.csv', file('a'));
    await undo('undo.reject', first.delivery);
    expect(await cloud.land('undo.reject', 'k.csv', file('b'))).toMatchObject({ state: 'committed' });
    await cloud.land('undo.append', 'k.csv', file('a'));
    const second = await cloud.land('undo.append', 'k.csv', file('b'));
    await undo('undo.append', second.delivery);
    expect(await codes('undo.append')).toEqual(['a']);
  });
});

describe('a dataset that is rolled back', () => {
  it('shows table and quarantine of then; the deliveries after it say so, and may land anew', async () => {
    const dataset = 'undo.replace';
    const first = await cloud.land(dataset, 'k.csv', `${file('a')}bad,x\n`);
    const second = await cloud.land(dataset, 'k.csv', `${file('b')}worse,x\n`);
    const third = await cloud.land(dataset, 'other.csv', 'code,m\nc,1\n');
    expect(await rollback(dataset, first.snapshot!)).toMatchObject({
      ...{ state: 'done', outcome: { outs: 2, backs: 1 } },
    });
    expect([await codes(dataset), await refused(dataset)]).toEqual([['a'], ['bad']]);
    const states = await Promise.all([first, second, third].map(({ delivery }) => entry(delivery)));
    expect(states.map(({ state }) => state)).toEqual(['committed', 'rolled_back', 'rolled_back']);
    expect(await wrong(dataset)).toEqual([]);
    expect(await cloud.land(dataset, 'k2.csv', `${file('b')}worse,x\n`)).toMatchObject({
      state: 'committed',
    });
    // And forward again, past the rollback.
    await rollback(dataset, second.snapshot!);
    expect([await codes(dataset), await refused(dataset)]).toEqual([['b'], ['worse']]);
    expect(await entry(first.delivery)).toMatchObject({ superseded_by: second.delivery });
    expect(await wrong(dataset)).toEqual([]);
    await undo(dataset, second.delivery);
    expect(await codes(dataset)).toEqual(['a']);
    expect(await wrong(dataset)).toEqual([]);
  });

  it('is refused where the snapshot is not kept', async () => {
    expect(await rollback('undo.plain', '12345')).toMatchObject({
      ...{ state: 'refused', why: { code: 'history.unknown_snapshot' } },
    });
  });
});
