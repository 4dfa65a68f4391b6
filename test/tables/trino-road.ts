/**
 * The road of files too large for a function, with Trino in Athena's place: the state machine of the template is
 * walked, its functions run, its statements are put to Trino, and what then stands in the tables is what DuckDB makes
 * of the same file.
 */
import type { Contract } from '../../core/contract/model.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { generateText } from '../../core/generate/generate.ts';
import { invoiceLines } from '../../datasets/onlineretail/invoice_lines.ts';
import { products } from '../../datasets/retailos/products.ts';
import { transactions } from '../../datasets/retailos/transactions.ts';
import { createHandler } from '../../lambdas/distribute/handler.ts';
import { distributionSteps } from '../../lib/distribution-steps.ts';
import { awsClients } from '../../platform/aws.ts';
import { books, type TestCloud, testCloud } from '../pipeline/support.ts';
import { hardTables } from './hard.ts';
import { type Work, walk } from './states.ts';
import { s3Properties } from './table.ts';
import { allAgree, type Check, type Readings } from './trino-check.ts';
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

/** @returns whether both roads lead to the same */
export async function judgeRoad(trino: Trino): Promise<boolean> {
  let work: Work | undefined;
  let over = Number.MAX_SAFE_INTEGER;
  const ends: string[] = [];
  await using cloud = await testCloud({
    contracts: [hard.contract],
    distributed: {
      get over() {
        return over;
      },
      upTo: Number.MAX_SAFE_INTEGER,
      start: async ({ delivery }) => {
        ends.push(await walk(steps, { delivery }, work!));
      },
    },
  });
  const s3 = s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials);
  await trino.createHive(HIVE, s3);
  await trino.createCatalog(ICEBERG, s3);
  work = worker(trino, cloud);

  const roads = files.map(({ contract, name, what, text }): Check => {
    const read = async (): Promise<Readings> => {
      const small = await cloud.land(contract.name, name, text);
      over = small.bytes;
      // A blank line is no record: the same file, but for its size.
      const large = await cloud.land(contract.name, `large-${name}`, `${text}\n`);
      over = Number.MAX_SAFE_INTEGER;
      return [
        ['duckdb', 'trino', 'Done', ...(await shown(cloud, small))],
        [small.engine, large.engine, ends.at(-1), ...(await shown(cloud, large))],
      ];
    };
    return [`${contract.name}, ${what}: the same books, rows and reasons as by DuckDB`, read];
  });
  return await allAgree(roads);
}
