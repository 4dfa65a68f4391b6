/** Lands files and shows what became of them: shared by `land` and `demo`. */
import { basename } from 'node:path';
import { balanced } from '../core/delivery/books.ts';
import { landingKey } from '../core/delivery/key.ts';
import { type Books, type Delivery, isClosed } from '../core/delivery/model.ts';
import { deliveryId } from '../platform/ingest/identity.ts';
import type { Installation } from './installation.ts';
import { number, pc, print, state, table, topReasons } from './output.ts';

export interface Landing {
  readonly dataset: string;
  readonly file: string;
}

/** Files uploaded side by side. */
const UPLOADS = 8;
/** How many deliveries are looked up at a time, and how often. */
const LOOK_AT = 16;
const LOOK_MS = 50;

/** Puts files into the landing zone and waits until each delivery is closed. @returns them in the order of the files */
export async function landFiles(
  installation: Installation,
  landings: readonly Landing[],
  onClosed: (delivery: Delivery) => void = () => {},
): Promise<Delivery[]> {
  const bucket = installation.buckets.landing!;
  const put = async ({ dataset, file }: Landing): Promise<string> => {
    const key = landingKey(dataset, basename(file));
    await installation.put(key, file);
    return deliveryId(bucket, key, (await installation.objects.look(bucket, key))!);
  };
  const ids: string[] = [];
  for (let i = 0; i < landings.length; i += UPLOADS)
    ids.push(...(await Promise.all(landings.slice(i, i + UPLOADS).map(put))));
  return untilClosed(installation, ids, onClosed);
}

/** Waits until each delivery is closed. @returns them in the order given */
export async function untilClosed(
  installation: Pick<Installation, 'ledger'>,
  ids: readonly string[],
  onClosed: (delivery: Delivery) => void = () => {},
): Promise<Delivery[]> {
  const open = new Set(ids);
  const closed = new Map<string, Delivery>();
  while (open.size > 0) {
    // They close about in the order they landed: looking at the first few is enough.
    for (const delivery of await installation.ledger.getAll([...open].slice(0, LOOK_AT))) {
      if (!isClosed(delivery.state)) continue;
      open.delete(delivery.delivery);
      closed.set(delivery.delivery, delivery);
      onClosed(delivery);
    }
    if (open.size > 0) await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
  return ids.map((id) => closed.get(id)!);
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

/** A column: its head, what stands in it, and whether that is a number. */
type Column = readonly [head: string, cell: (d: Delivery) => unknown, numeric?: 'number'];

const common: readonly Column[] = [
  ['file', (d) => d.key.replace(/^landing\//, '')],
  ['state', (d) => state(d.state)],
  ['read', (d) => number(d.read), 'number'],
  ['accepted', (d) => number(d.accepted), 'number'],
  ['quarantined', (d) => number(d.quarantined), 'number'],
  ['duplicate', (d) => number(d.duplicate), 'number'],
];
const speed: Column = [
  'rows/s',
  (d) => (d.ms && d.read ? number(Math.round((d.read * 1000) / d.ms)) : undefined),
  'number',
];
const reasons: Column = ['top reasons', (d) => topReasons(d.reasons)];

/** What a table of deliveries shows: what just landed, or what once did. */
const columns: Readonly<Record<'landed' | 'listed', readonly Column[]>> = {
  landed: [...common, speed, reasons],
  listed: [
    ['delivery', (d) => d.delivery],
    ['landed', (d) => d.landed_at.slice(0, 19).replace('T', ' ')],
    ...common,
    reasons,
  ],
};

/** Prints deliveries as a table, and the books of all of them. */
export function printDeliveries(deliveries: readonly Delivery[], as: keyof typeof columns = 'landed'): void {
  const shown = columns[as];
  const rows = deliveries.map((d) => shown.map(([, cell]) => cell(d)));
  const numeric = shown.filter(([, , is]) => is).map(([head]) => head);
  print(
    table(
      shown.map(([head]) => head),
      rows,
      numeric,
    ),
  );
  const books = total(deliveries);
  const line = `read ${number(books.read)} = accepted ${number(books.accepted)} + quarantined ${number(books.quarantined)} + duplicate ${number(books.duplicate)}`;
  print(balanced(books) ? pc.green(`✓ ${line}`) : pc.red(`✗ the books do not balance: ${line}`));
}
