import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SingleBar } from 'cli-progress';
import { type GenerateFormat, generateText } from '../../core/generate/generate.ts';
import { datasets } from '../../datasets/index.ts';
import { deliveryJson, type Landing, landFiles, printDeliveries } from '../deliveries.ts';
import { type Installation, useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, pc, print, printJson, table } from '../output.ts';

export interface DemoOptions extends GlobalOptions {
  readonly rows: number;
  readonly seed: number;
}

const DAY = '2025-01-15';
const DEFECTS = 0.03;
const formats: readonly { readonly format: GenerateFormat; readonly gzip: boolean }[] = [
  { format: 'csv', gzip: false },
  { format: 'csv', gzip: true },
  { format: 'ndjson', gzip: false },
  { format: 'json', gzip: false },
];

const examples: readonly (readonly [title: string, sql: string])[] = [
  [
    'Revenue by payment method',
    'SELECT payment_method, count(*) AS lines, sum(quantity * unit_price) AS revenue FROM retailos.transactions GROUP BY ALL ORDER BY revenue DESC',
  ],
  [
    'Why sales were refused',
    'SELECT reason, count(*) AS refused FROM (SELECT unnest(reasons) AS reason FROM stockgrip.sales__quarantine) GROUP BY reason ORDER BY refused DESC LIMIT 5',
  ],
  [
    'Units sold by product and channel, top five',
    'SELECT product_id, channel, sum(quantity_sold) AS units, sum(revenue) AS revenue FROM stockgrip.sales GROUP BY ALL ORDER BY units DESC LIMIT 5',
  ],
];

const next = `npx wharf quarantine retailos.transactions
  npx wharf query "SELECT * FROM retailos.stores LIMIT 5"
  npx wharf contract stockgrip.sales --format markdown
  npx wharf start`;

async function writeFiles(dir: string, rows: number, seed: number): Promise<Landing[]> {
  const landings: Landing[] = [];
  for (const [i, contract] of datasets.entries()) {
    // RecoMart's catalogue comes as a JSON list; the others take turns.
    const { format, gzip } =
      contract.name === 'recomart.products' ? formats[3]! : formats[i % formats.length]!;
    const folder = join(dir, contract.domain);
    await mkdir(folder, { recursive: true });
    const file = join(folder, `${contract.dataset}-${DAY}-${seed}.${format}${gzip ? '.gz' : ''}`);
    const text = Readable.from(generateText(contract, { rows, seed, defects: DEFECTS, day: DAY, format }));
    await (gzip
      ? pipeline(text, createGzip(), createWriteStream(file))
      : pipeline(text, createWriteStream(file)));
    landings.push({ dataset: contract.name, file });
  }
  return landings;
}

async function showExamples({ lake }: Installation): Promise<void> {
  for (const [title, sql] of examples) {
    const { columns, rows } = await lake.query(sql);
    const names = columns.map(({ name }) => name);
    print(`\n${pc.bold(title)}\n${pc.dim(sql)}`);
    const cells = rows.map((row) => names.map((name) => row[name]));
    print(table(names, cells, ['lines', 'revenue', 'refused', 'units']));
  }
}

/** A day of data for every dataset, from made-up files to queries. */
export async function demo(options: DemoOptions): Promise<number> {
  const dir = resolve(options.state, 'demo');
  const landings = await writeFiles(dir, options.rows, options.seed);
  await using installation = await useInstallation(options.state);
  const bar =
    process.stderr.isTTY && !options.json
      ? new SingleBar({
          format: 'landing {bar} {value}/{total} files',
          hideCursor: true,
          stopOnComplete: true,
        })
      : undefined;
  bar?.start(landings.length, 0);
  const deliveries = await landFiles(installation, landings, () => bar?.increment());
  bar?.stop();
  await rm(dir, { recursive: true, force: true });
  if (options.json) {
    printJson(deliveries.map(deliveryJson));
    return exit.done;
  }
  const spoiled = Math.round(DEFECTS * 100);
  print(
    pc.bold(`\nA day of retail data, ${spoiled} % of it spoiled, went through S3, SQS and the handlers:\n`),
  );
  printDeliveries([...deliveries].sort((a, b) => (a.dataset < b.dataset ? -1 : 1)));
  await showExamples(installation);
  if (deliveries.every(({ state }) => state === 'duplicate'))
    print(pc.yellow('\nThese files were here before, so nothing was taken in twice. --seed makes new ones.'));
  print(`\n${pc.bold('Try next')}\n  ${next}`);
  return exit.done;
}
