/**
 * The road of files too large for a function, with Trino in Athena's place: the state machine of the template is
 * walked, its functions run, its statements are put to Trino, and what then stands in the tables is what DuckDB makes
 * of the same file.
 */

import { gzipSync } from 'node:zlib';
import type { Contract } from '../../core/contract/model.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { generateText } from '../../core/generate/generate.ts';
import { invoiceLines } from '../../datasets/onlineretail/invoice_lines.ts';
import { products } from '../../datasets/retailos/products.ts';
import { stores } from '../../datasets/retailos/stores.ts';
import { transactions } from '../../datasets/retailos/transactions.ts';
import { createHandler } from '../../lambdas/distribute/handler.ts';
import { distributionSteps } from '../../lib/distribution-steps.ts';
import { auditDataset } from '../../platform/audit.ts';
import { awsClients } from '../../platform/aws.ts';
import { books, type TestCloud, testCloud } from '../pipeline/support.ts';
import { hardTables } from './hard.ts';
import { type Work, walk } from './states.ts';
import { s3Properties } from './table.ts';
import { allAgree, type Check } from './trino-check.ts';
import type { Answer, Trino } from './trino-client.ts';
import { TrinoWarehouse } from './trino-warehouse.ts';

const [HIVE, ICEBERG, FUNCTION] = ['road_files', 'road_tables', 'distribute'];
const steps = distributionSteps({ distribute: FUNCTION, workgroup: 'large' });

/** As Athena answers. */
const athenaRows = ({ columns, rows }: Answer) =>
  [columns.map(({ name }) => name), ...rows].map((row) => ({
    Data: row.map((value) => ({ VarCharValue: value === null ? undefined : String(value) })),
  }));

/** What the state machine's tasks do. */
function worker(trino: Trino, cloud: TestCloud): Work {
  const warehouse = new TrinoWarehouse(trino, HIVE, ICEBERG);
  const env = { ...cloud.env, WHARF_STAGING_DATABASE: 'staging' };
  const distribute = createHandler(env, { clients: awsClients(env), warehouse, find: cloud.find });
  const answers = new Map<string, Answer>();
  return async (resource, parameters) => {
    if (resource === FUNCTION) return distribute(parameters);
    if (resource.endsWith(':getQueryResults'))
      return { ResultSet: { Rows: athenaRows(answers.get(String(parameters.QueryExecutionId))!) } };
    const id = String(answers.size);
    answers.set(id, await trino.query(String(parameters.QueryString)));
    return { QueryExecution: { QueryExecutionId: id } };
  };
}

interface File {
  readonly contract: Contract;
  readonly name: string;
  readonly what: string;
  readonly text: string;
}

const made = (contract: Contract, format: 'csv' | 'ndjson'): string =>
  [...generateText(contract, { rows: 2000, seed: 7, defects: 0.2, format })].join('');

const hard = hardTables[0]!;

const files: readonly File[] = [
  { contract: transactions, name: 'a.csv', what: 'CSV with every defect', text: made(transactions, 'csv') },
  {
    ...{ contract: invoiceLines, name: 'a.csv', what: 'CSV with a byte order mark, semicolons and CRLF' },
    text: `\ufeff${made(invoiceLines, 'csv').replaceAll(',', ';').replaceAll('\n', '\r\n')}`,
  },
  { contract: products, name: 'a.ndjson', what: 'lines of JSON', text: made(products, 'ndjson') },
  { contract: hard.contract, name: 'a.ndjson', what: 'difficult values', text: hard.deliveries.join('') },
];

/** Rows of a delivery without what names it or numbers it: the lines have no order of their own. */
async function rowsOf(cloud: TestCloud, table: string, delivery: string): Promise<unknown[]> {
  const found = await cloud.rows(
    `SELECT * EXCLUDE (_delivery, _row${table.endsWith('quarantine') ? ', line, arrived_at' : ''}) FROM ${table} WHERE _delivery = '${delivery}'`,
  );
  return found
    .map((row) => JSON.stringify(Object.entries(row).map(([name, value]) => [name, plain(value)])))
    .sort();
}

/** Members of JSON in one order: either side has its own. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return Object.entries(JSON.parse(value) as object).sort(([a], [b]) => (a < b ? -1 : 1));
  } catch {
    return value;
  }
}

async function shown(cloud: TestCloud, delivery: Delivery): Promise<unknown[]> {
  const { dataset } = delivery;
  const quarantine = delivery.quarantined
    ? await rowsOf(cloud, `${dataset}__quarantine`, delivery.delivery)
    : [];
  return [books(delivery), await rowsOf(cloud, dataset, delivery.delivery), quarantine];
}

/** A road that the test can change under way. */
class Road {
  over = Number.MAX_SAFE_INTEGER;
  readonly upTo = Number.MAX_SAFE_INTEGER;
  readonly ends: string[] = [];
  work: Work | undefined;
  /** So often each delivery is sent on its way. */
  times = 1;

  async start({ delivery }: Delivery): Promise<void> {
    const runs = Array.from({ length: this.times }, () => walk(steps, { delivery }, this.work!));
    this.ends.push(...(await Promise.all(runs)));
  }
}

/** @returns whether both roads lead to the same */
export async function judgeRoad(trino: Trino): Promise<boolean> {
  const road = new Road();
  await using cloud = await testCloud({ contracts: [hard.contract], distributed: road });
  const s3 = s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials);
  await trino.createHive(HIVE, s3);
  await trino.createCatalog(ICEBERG, s3);
  road.work = worker(trino, cloud);

  /** Lands a file that is just too large for DuckDB. */
  const large = async (contract: Contract, name: string, body: string | Uint8Array): Promise<Delivery> => {
    road.over = body.length - 1;
    const delivery = await cloud.land(contract.name, name, body);
    road.over = Number.MAX_SAFE_INTEGER;
    return delivery;
  };
  const same = ({ contract, name, what, text }: File): Check => [
    `${contract.name}, ${what}: the same books, rows and reasons as by DuckDB`,
    async () => {
      const small = await cloud.land(contract.name, name, text);
      // A blank line is no record: the same file, but for its size.
      const other = await large(contract, `large-${name}`, `${text}\n`);
      return [
        ['duckdb', 'trino', 'Done', ...(await shown(cloud, small))],
        [small.engine, other.engine, road.ends.at(-1), ...(await shown(cloud, other))],
      ];
    },
  ];
  const gzipped = made(stores, 'csv');
  const quoted = 'store_id,store_name,city,region\nS1,"One\nTwo",Leeds,North\nS2,Three,Leeds,North\n';
  const rest: readonly Check[] = [
    [
      'a file in gzip is read as what is in it',
      async () => {
        const small = await cloud.land(stores.name, 'plain.csv', gzipped);
        const other = await large(stores, 'packed.csv.gz', gzipSync(gzipped));
        return [await shown(cloud, small), await shown(cloud, other)];
      },
    ],
    [
      'a delivery that runs twice at once has the effect of one',
      async () => {
        road.times = 2;
        const text = made(products, 'csv');
        const twice = await large(products, 'twice.csv', text);
        road.times = 1;
        const found = await rowsOf(cloud, products.name, twice.delivery);
        return [
          ['committed', twice.accepted, true],
          [twice.state, found.length, books(twice).balanced],
        ];
      },
    ],
    [
      'the same object again is a duplicate, by its mark',
      async () => {
        const again = await large(products, 'thrice.csv', made(products, 'csv'));
        return [
          ['duplicate', again.read],
          [again.state, again.duplicate],
        ];
      },
    ],
    [
      'a file whose values hold line breaks is refused whole, and not taken for other rows',
      async () => {
        const { state, engine, reasons } = await large(stores, 'breaks.csv', quoted);
        return [
          ['refused', 'trino', { 'unreadable_file:lines_broken': 1 }],
          [state, engine, reasons],
        ];
      },
    ],
    [
      'what is no lines of text is refused, with the reason',
      async () => {
        const { state, reasons } = await large(stores, 'a.json', `[${'{"store_id": "S1"},'.repeat(9)}{}]`);
        return [
          ['refused', { 'unsupported_format:json_too_large': 1 }],
          [state, reasons],
        ];
      },
    ],
    [
      'what fails is in the ledger with the reason, and goes through when it is started again',
      async () => {
        const work = road.work!;
        road.work = (resource, parameters) =>
          parameters.step === 'settle'
            ? Promise.reject(new WharfError('no luck', { code: 'test.no_luck' }))
            : work(resource, parameters);
        const failed = await large(stores, 'unlucky.csv', made(stores, 'csv').replaceAll('\n', '\n\n'));
        road.work = work;
        await road.start(failed);
        await cloud.idle();
        const mended = await cloud.ledger.get(failed.delivery);
        return [
          ['failed', true, 'Failed', 'committed', 'Done'],
          [
            failed.state,
            failed.error?.includes('no luck'),
            road.ends.at(-2),
            mended!.state,
            road.ends.at(-1),
          ],
        ];
      },
    ],
    [
      'no run leaves anything behind for itself',
      async () => {
        const left = [];
        for await (const { path } of cloud.objects.list(`s3://${cloud.env.WHARF_LAKE_BUCKET}/staging/`))
          left.push(path);
        for (const catalog of [HIVE, ICEBERG])
          left.push(...(await trino.query(`SHOW TABLES FROM ${catalog}.staging`)).rows.flat());
        return [[], left];
      },
    ],
    [
      'wharf fsck finds nothing',
      async () => {
        const deps = { ...cloud, lakeBucket: cloud.env.WHARF_LAKE_BUCKET!, now: () => new Date() };
        const found = [];
        for (const contract of [stores, products, transactions, invoiceLines])
          found.push(...(await auditDataset(contract, deps)));
        return [[], found];
      },
    ],
  ];
  return await allAgree([...files.map(same), ...rest]);
}
