/** Lands files and shows what became of them: shared by `land` and `demo`. */
import { basename } from 'node:path';
import pc from 'picocolors';
import { balanced } from '../core/delivery/books.ts';
import { type Books, type Delivery, isClosed } from '../core/delivery/model.ts';
import { deliveryId } from '../platform/ingest/identity.ts';
import { type Installation, landingKey } from './installation.ts';
import { number, print, state, table, topReasons } from './output.ts';

export interface Landing {
  readonly dataset: string;
  readonly file: string;
}

/** Files uploaded side by side. */
const UPLOADS = 8;
/** How many deliveries are looked up at a time, and how often. */
const LOOK_AT = 16;
const LOOK_MS = 50;

/** Puts files into the landing zone and waits until each delivery is closed. */
export async function landFiles(
  installation: Installation,
  landings: readonly Landing[],
  onClosed: (delivery: Delivery) => void = () => {},
): Promise<Delivery[]> {
  const bucket = installation.cloud.buckets.landing!;
  const open: string[] = [];
  for (let i = 0; i < landings.length; i += UPLOADS) {
    const batch = landings.slice(i, i + UPLOADS).map(async ({ dataset, file }) => {
      const key = landingKey(dataset, basename(file));
      await installation.put(key, file);
      const object = await installation.objects.open(bucket, key);
      object!.body.destroy();
      return deliveryId(bucket, key, object!);
    });
    open.push(...(await Promise.all(batch)));
  }
  const closed: Delivery[] = [];
  while (open.length > 0) {
    // They close about in the order they landed: looking at the first few is enough.
    for (const id of open.slice(0, LOOK_AT)) {
      const delivery = await installation.ledger.get(id);
      if (!delivery || !isClosed(delivery.state)) continue;
      open.splice(open.indexOf(id), 1);
      closed.push(delivery);
      onClosed(delivery);
    }
    if (open.length > 0) await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  return closed;
}

/** What scripts get of a delivery. */
export const deliveryJson = (d: Delivery) => ({
  ...{ delivery: d.delivery, dataset: d.dataset, key: d.key, state: d.state },
  ...{ read: d.read, accepted: d.accepted, quarantined: d.quarantined, duplicate: d.duplicate },
  ...{ reasons: d.reasons, files: d.files, snapshot: d.snapshot ?? null, ms: d.ms ?? null },
});

const total = (deliveries: readonly Delivery[]): Books => {
  const sum = (of: (d: Delivery) => number) => deliveries.reduce((n, d) => n + of(d), 0);
  return {
    read: sum((d) => d.read),
    accepted: sum((d) => d.accepted),
    quarantined: sum((d) => d.quarantined),
    duplicate: sum((d) => d.duplicate),
  };
};

/** Prints deliveries as a table, and the books of all of them. */
export function printDeliveries(deliveries: readonly Delivery[]): void {
  const head = ['file', 'state', 'read', 'accepted', 'quarantined', 'duplicate', 'rows/s', 'top reasons'];
  const rows = deliveries.map((d) => [
    d.key.replace(/^landing\//, ''),
    state(d.state),
    number(d.read),
    number(d.accepted),
    number(d.quarantined),
    number(d.duplicate),
    d.ms && d.read ? number(Math.round((d.read * 1000) / d.ms)) : undefined,
    topReasons(d.reasons),
  ]);
  print(table(head, rows, ['read', 'accepted', 'quarantined', 'duplicate', 'rows/s']));
  const books = total(deliveries);
  const line = `read ${number(books.read)} = accepted ${number(books.accepted)} + quarantined ${number(books.quarantined)} + duplicate ${number(books.duplicate)}`;
  print(balanced(books) ? pc.green(`✓ ${line}`) : pc.red(`✗ the books do not balance: ${line}`));
}
