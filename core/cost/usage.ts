/** What a month of deliveries uses: the one place of counts. test/pipeline/cost.test.ts counts the real ones against it. */
import type { Priced } from './prices.ts';

/** A month of work. */
export interface Workload {
  readonly deliveries: number;
  /** Of all deliveries together. */
  readonly rows: number;
  /** As they land. */
  readonly bytesPerRow: number;
  /** Partitions that the rows of one delivery fall into: a data file each. */
  readonly partitions: number;
  /** Deliveries of one commit: 1 where they come one by one, up to 10 where they come together. */
  readonly batch: number;
  /** How many times a month all rows of the month are read by queries. */
  readonly scans: number;
}

export const defaults = { bytesPerRow: 90, partitions: 1, batch: 1, scans: 30 };

/** Requests by kind, as handlers send them. DynamoDB in units of capacity, the index included. */
export type Requests = Readonly<
  Record<
    's3Write' | 's3Read' | 'dynamodbWrite' | 'dynamodbRead' | 'catalogRead' | 'catalogSwap' | 'send',
    number
  >
>;

/** What one delivery asks for that has rows for both tables, and one commit of both tables. */
const perDelivery: Requests = {
  // Data files come on top. A file of quarantine, the manifest, the companion metadata.
  s3Write: 3,
  // The file, the manifest, the metadata of both tables for their schemas.
  s3Read: 4,
  // The entry is opened, written and closed, each time in the index as well, and some are above 1 KB. Content, pointer.
  dynamodbWrite: 3 * 2 * 1.25 + 2,
  // Content, entry, pointer; the versions of the contract, and what earlier deliveries looked like.
  dynamodbRead: 5,
  catalogRead: 2,
  catalogSwap: 0,
  send: 1,
};
const perCommit: Requests = {
  // Manifest, manifest list and metadata of both tables, and a merged manifest every ten commits.
  s3Write: 2 * 3.2,
  // Metadata and manifest list of both tables, where a function starts cold, say every other time; ten manifests every
  // ten commits.
  s3Read: 2 * (2 / 2 + 1),
  dynamodbWrite: 0,
  // The versions of the contract.
  dynamodbRead: 1,
  catalogRead: 2,
  catalogSwap: 2,
  send: 0,
};

const kinds = Object.keys(perDelivery) as (keyof Requests)[];
const MB = 1 << 20;
const GB = 1e9;

/** Bytes in the lake over bytes landed: Parquet with zstd. */
export const LAKE_SHARE = 0.35;

/** Files above 8 MB go in parts of it. */
const PART = 8 * MB;

const lakeBytes = ({ rows, bytesPerRow }: Workload): number => rows * bytesPerRow * LAKE_SHARE;

/** Requests of all deliveries and their commits. */
export function requestsOf(work: Workload): Requests {
  const commits = Math.ceil(work.deliveries / work.batch);
  const files = work.deliveries * work.partitions + Math.floor(lakeBytes(work) / PART);
  const count = (kind: keyof Requests) => perDelivery[kind] * work.deliveries + perCommit[kind] * commits;
  const all = Object.fromEntries(kinds.map((kind) => [kind, count(kind)])) as Record<keyof Requests, number>;
  return { ...all, s3Write: all.s3Write + files };
}

/**
 * Milliseconds of the functions: starts, and requests of about 15 ms one after another. A row of ten columns takes 4.5 µs
 * of a core on this project's bench, and 2 GB of Lambda are little more than one core.
 */
export const milliseconds = {
  ingest: (deliveries: number, rows: number) => 250 * deliveries + 0.004 * rows,
  commit: (commits: number, deliveries: number) => 250 * commits + 20 * deliveries,
};

/** GB of memory as lib/config.ts has it by default, and of /tmp beyond what is free. */
const memoryGb = { ingest: 2048 / 1024, commit: 1024 / 1024 };
const DISK_GB = 9.5;

const MINUTES = 30 * 24 * 60;
/** Lambda asks an idle queue three times a minute, from five pollers. */
const POLLS = 5 * 3 * MINUTES;
const ALARMS = 8;
/** Of one invocation, in bytes, and of one delivery in the ledger with its index. */
const LOGGED = 1500;
const LEDGER = 4000;
/** A version of a table's metadata that was overtaken stays for thirty days: no table's grows beyond this. */
const OVERTAKEN = 0.2 * MB;

/** X-Ray takes one invocation a second and of the others one in twenty. */
const traced = (invocations: number) => Math.min(invocations, 60 * MINUTES + 0.05 * invocations);

/** What a month uses of everything that has a price. Its data is stored for a month; each month adds as much. */
export function usageOf(work: Workload): Readonly<Record<Priced, number>> {
  const { deliveries, rows } = work;
  const commits = Math.ceil(deliveries / work.batch);
  const requests = requestsOf(work);
  const seconds = {
    ingest: milliseconds.ingest(deliveries, rows) / 1000,
    commit: milliseconds.commit(commits, deliveries) / 1000,
  };
  const landed = rows * work.bytesPerRow;
  return {
    lambdaRequest: deliveries + commits,
    lambdaGbSecond: seconds.ingest * memoryGb.ingest + seconds.commit * memoryGb.commit,
    lambdaDiskGbSecond: seconds.ingest * DISK_GB,
    s3Write: requests.s3Write,
    s3Read: requests.s3Read,
    s3GbMonth: (landed + lakeBytes(work) + 2 * commits * OVERTAKEN) / GB,
    // S3 sends, Lambda receives and deletes.
    sqsRequest: 3 * deliveries + POLLS,
    sqsFifoRequest: requests.send + 2 * commits + POLLS,
    dynamodbWrite: requests.dynamodbWrite,
    dynamodbRead: requests.dynamodbRead,
    dynamodbGbMonth: (deliveries * LEDGER) / GB,
    // Glue is asked for a table's version before it is swapped.
    glueRequest: requests.catalogRead + 2 * requests.catalogSwap,
    athenaTb: (work.scans * lakeBytes(work)) / 1e12,
    logsGb: ((deliveries + commits) * LOGGED) / GB,
    alarm: ALARMS,
    trace: traced(deliveries + commits),
  };
}
