/** What a process left open whose file no longer stands under its key: the next one brings it to an end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { landFiles } from '../../cli/deliveries.ts';
import { openInstallation } from '../../cli/installation.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { until } from './support.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-restart-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('is committed where it was written, and refused where nobody can read it any more', async () => {
  const state = join(dir, 'state');
  const file = join(dir, 'a.csv');
  await writeFile(file, 'user_id,age,gender,device\n1,30,F,Mobile\n');
  const died: Delivery[] = [];
  {
    await using before = await openInstallation(state);
    const [landed] = await landFiles(before, [{ dataset: 'recomart.users', file }]);
    const { sha256: _, manifest: __, ...open } = landed!;
    died.push({ ...open, delivery: 'overwritten', state: 'ingesting' }, landed!);
    await before.ledger.open(died[0]!);
    await before.ledger.update(landed!.delivery, { state: 'written' }, ['committed']);
    await before.objects.delete([`s3://${landed!.bucket}/${landed!.key}`]);
  }
  await using after = await openInstallation(state);
  const entries = () => after.ledger.getAll(died.map(({ delivery }) => delivery));
  await until('both are closed', async () =>
    (await entries()).every((entry) => ['committed', 'refused'].includes(entry.state)),
  );
  expect(await entries()).toMatchObject([
    { state: 'refused', reasons: { object_missing: 1 } },
    { state: 'committed', accepted: 1 },
  ]);
  expect((await after.lake.query('SELECT user_id FROM recomart.users')).rows).toEqual([{ user_id: '1' }]);
}, 60_000);

it('is undone where that was asked for and nobody was told', async () => {
  const state = join(dir, 'undo');
  const file = join(dir, 'b.csv');
  await writeFile(file, 'user_id,age,gender,device\n1,30,F,Mobile\n');
  const asked: string[] = [];
  {
    await using before = await openInstallation(state);
    const [landed] = await landFiles(before, [{ dataset: 'recomart.users', file }]);
    const undo = { what: 'undo', deliveries: [landed!.delivery] } as const;
    const of = { dataset: 'recomart.users', asked: undo, by: 'somebody' };
    asked.push((await before.revisions.open(of, new Date())).id);
  }
  await using after = await openInstallation(state);
  await until('it is done', async () => (await after.revisions.get(asked[0]!))?.state === 'done');
  expect((await after.lake.query('SELECT user_id FROM recomart.users')).rows).toEqual([]);
}, 60_000);
