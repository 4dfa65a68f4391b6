/** Commands that only look at a contract look at the one the pipeline of the state folder has. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import { approved } from '../support/approved.ts';
import { started, type Workplace, workplace } from './support.ts';

const DATASET = 'recomart.users';
let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  await writeFile(place.file('watch.csv'), 'user_id,age,gender,device\n1,30,F,Watch\n');
  await using installation = await openInstallation(place.state);
  await approved(DATASET, { change: 'values', field: 'device', values: ['Watch'] }, installation.drift);
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

const elsewhere = () => ['--state', join(place.dir, 'none')];
const says = expect.stringContaining('version 1 of the contract');

describe('a contract with approved changes', () => {
  it('is what `wharf check` judges by, which says so beside the result', async () => {
    const checked = await place.run('--json', 'check', DATASET, place.file('watch.csv'), '--strict');
    expect(checked).toMatchObject({ code: 0, stderr: says });
    expect(JSON.parse(checked.stdout)).toMatchObject({ accepted: 1, quarantined: 0 });
  }, 60_000);

  it('is not known where there is no such state: there the code’s own holds', async () => {
    const checked = await place.run('check', DATASET, place.file('watch.csv'), '--strict', ...elsewhere());
    expect(checked).toMatchObject({ code: 3, stderr: '' });
  }, 60_000);

  it('is what `wharf contract` and `wharf datasets` show', async () => {
    const shown = await place.run('contract', DATASET, '--format', 'odcs');
    expect(shown).toMatchObject({ code: 0, stderr: says, stdout: expect.stringContaining('Watch') });
    expect(shown.stdout).toMatch(/^version: 1\.1\.0$/m);
    const all = await place.json<{ name: string; version: number }[]>('datasets');
    expect(all.filter(({ version }) => version > 0)).toMatchObject([{ name: DATASET, version: 1 }]);
  }, 60_000);

  it('is not waited for while another command is at work there, which is said', async () => {
    await using _busy = await openInstallation(place.state);
    const checked = await place.run('check', DATASET, place.file('watch.csv'), '--strict');
    expect(checked).toMatchObject({ code: 3, stderr: expect.stringContaining('Another command is at work') });
  }, 60_000);

  it('is found while `wharf start` keeps the pipeline up, too', async () => {
    (await started(place)).s3.destroy();
    const checked = await place.run('check', DATASET, place.file('watch.csv'), '--strict');
    expect(checked).toMatchObject({ code: 0, stderr: says });
  }, 60_000);
});
