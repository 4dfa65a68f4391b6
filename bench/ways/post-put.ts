/** What a team writes first: Express, a zod schema, one object in S3 for each event. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import express from 'express';
import * as z from 'zod';

const view = z.object({
  user_id: z.number().int(),
  item_id: z.number().int(),
  view_mode: z.enum(['view', 'add_to_cart', 'purchase']),
  rating: z.number().int().min(1).max(5).optional(),
  timestamp: z.string(),
});
const body = z.union([view, z.array(view).max(1000)]);

export async function startPostPut(s3: S3Client, Bucket: string) {
  const app = express();
  app.use(express.json());
  app.post('/transactions', async (request, response) => {
    const parsed = body.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ errors: parsed.error.issues });
    const put = (event: object) =>
      s3.send(
        new PutObjectCommand({ Bucket, Key: `events/${randomUUID()}.json`, Body: JSON.stringify(event) }),
      );
    await Promise.all([parsed.data].flat().map(put));
    response.status(201).json({ status: 'accepted' });
  });
  const server = app.listen(0, '127.0.0.1', () => {});
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/transactions`,
    stop: () => server.close(),
  };
}
