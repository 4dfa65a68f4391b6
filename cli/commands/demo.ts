import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SingleBar } from 'cli-progress';
import pc from 'picocolors';
import { type GenerateFormat, generateText } from '../../core/generate/generate.ts';
import { datasets } from '../../datasets/index.ts';
import { deliveryJson, type Landing, landFiles, printDeliveries } from '../deliveries.ts';
import { openInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table } from '../output.ts';

export interface DemoOptions extends GlobalOptions {
  readonly rows: string;
  readonly seed: string;
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
    'SELECT reason, count(*) AS refused FROM (SELECT unnest(reasons) AS reason FROM stockgrip.sales__quarantine) GROUP BY reason ORDER BY refused DESC LIMIT 5"SELECT * FROM retailos.stores LIMIT 5"\n  npx wharf contract stockgrip.sales --format markdown\n  npx wharf start`,
  );
  return exit.done;
}
