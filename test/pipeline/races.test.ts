/** Workers that race: every notification three times, in any order, at any moment; keys overwritten meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { balanced } from '../../core/delivery/books.ts';
import { users } from '../../datasets/recomart/users.ts';
import type { Clients } from '../../platform/aws.ts';
import { disturbed } from '../support/requests.ts';
import { testCloud } from './support.ts';

const KEYS = 24;
const VERSIONS = 3;

/** Clients that answer late, each request by another time, so that steps of several workers mix. */
const slow = (clients: Clients): Clients =>
  disturbed(clients, async (send) => {
    await sleep(Math.random() * 20);
    const answer = await send();
    await sleep(Math.random() * 20);
    return answer;
  });

/** In the form the local S3 has them: they grow with time. */
const sequencer = (): string => (BigInt(Date.now()) << 20n).toString(16).toUpperCase().padStart(18, '0');

const rowsOf = (key: number, version: number): string =>
  `user_id,age,gender,device\n${1000 + key},${20 + version},F,Mobile\n${5000 + 10 * key + version},30,M,Tablet\n`;

describe('workers that race', () => {
  it('leave what the last content of each key says, once', async () => {
    await using cloud = await testCloud({ clients: slow });
    const tell = async (key: string): Promise<void> => {
      const s3 = {
        bucket: { name: cloud.cloud.buckets.landing },
        object: { key, size: 100, sequencer: sequencer() },
      };
      const MessageBody = JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3 }] });
      const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody }));
      await cloud.sqs.send(new SendMessageBatchCommand({ QueueUrl: cloud.landedQueue, Entries }));
    };
    await Promise.all(
      Array.from({ length: KEYS }, async (_, key) => {
        for (let version = 0; version < VERSIONS; version++) {
          const path = `landing/recomart/users/${key}.csv`;
          await cloud.put(path, rowsOf(key, version));
          await tell(path);
          await sleep(Math.random() * 1500);
        }
      }),
    );
    await cloud.cloud.idle();
    const rows = await cloud.rows('SELECT user_id, age FROM recomart.users ORDER BY user_id, age');
    const last = Array.from({ length: KEYS }, (_, key) => [
      { user_id: `${1000 + key}`, age: String(19 + VERSIONS) },
      { user_id: `${5000 + 10 * key + VERSIONS - 1}`, age: '30' },
    ]);
    const entries = await cloud.deliveries('recomart.users');
    const open = entries.filter(
      (d) => !['committed', 'duplicate', 'refused'].includes(d.state) || !balanced(d),
    );
    const findings = await cloud.audit(users);
    expect({
      ...{ rows, open, deadLetters: await cloud.deadLetters() },
      broken: findings.filter(({ severity }) => severity !== 'orphan'),
    }).toEqual({
      rows: last.flat().sort((a, b) => (a.user_id < b.user_id ? -1 : 1)),
      ...{ open: [], deadLetters: 0, broken: [] },
    });
  }, 120_000);
});
