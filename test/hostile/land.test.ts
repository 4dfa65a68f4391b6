/** Damaged files through a whole pipeline: each delivery ends, the books hold, and the next good file lands. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isClosed } from '../../core/delivery/model.ts';
import { datasets } from '../../datasets/index.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { books, type TestCloud, testCloud } from '../pipeline/support.ts';
import { arrivals, fuzzRuns } from './damage.ts';
import { soundFiles } from './files.ts';
import { Isolated } from './isolated.ts';

let folder: string;
let cloud: TestCloud;
let isolated: Isolated;
let clients: Clients;
let drift: DriftStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-sound-'));
  cloud = await testCloud();
  clients = awsClients(cloud.env);
  drift = new DriftStore(clients.dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  isolated = await Isolated.open();
}, 60_000);
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await isolated[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a damaged file that lands', () => {
  it('ends in a closed state with the counts that check told', async () => {
    let files = 0;
    const property = fc.asyncProperty(arrivals(await soundFiles(folder)), async (file) => {
      const delivery = await cloud.land(file.dataset, `${files++}/${file.name}`, file.bytes);
      const { state, ...landed } = books(delivery);
      expect({ state, closed: isClosed(state), ...landed }).toMatchObject({ closed: true, balanced: true });
      expect(state).not.toBe('failed');
      // The same bytes as an earlier file's: its rows are in the table already.
      if (state === 'duplicate') return;
      // Damage to a header is drift: `check` knows nothing of what waits for an approval, or has approved itself.
      const drifted =
        state === 'held' || Object.keys(landed.reasons).some((r) => r.startsWith('schema_drift'));
      if (drifted || (await drift.versions(file.dataset)).length > 0) return;
      const { checked } = await isolated.judge(file);
      const { rows: _, ...told } = checked!;
      expect(landed).toEqual({ ...told, balanced: true });
    });
    await fc.assert(property, fuzzRuns(25));
  }, 36_000_000);

  it('leaves every dataset sound, nothing for the dead-letter queues, and room for the next', async () => {
    for (const contract of datasets) expect(await cloud.audit(contract, 0)).toEqual([]);
    expect(await cloud.deadLetters()).toBe(0);
    const good = 'user_id,age,gender,device\n99001,30,F,Mobile\n';
    expect(await cloud.land('recomart.users', 'next.csv', good)).toMatchObject({
      ...{ state: 'committed', read: 1, accepted: 1 },
    });
  }, 120_000);
});
