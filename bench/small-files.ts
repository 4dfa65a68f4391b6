/** How many small files a second does the local cloud take, and how many snapshots do they make? */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Landing, landFiles } from '../cli/deliveries.ts';
import { openInstallation } from '../cli/installation.ts';
import { generateText } from '../core/generate/generate.ts';
import { parseMetadata } from '../core/lake/metadata.ts';
import { dataset } from '../datasets/index.ts';
import { awsClients } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { type Line, time, withFolder } from './support.ts';

const FILES = 1000;

export async function smallFilesBench(): Promise<Line[]> {
  return withFolder(async (dir) => {
    const contract = dataset('retailos.transactions');
    const landings: Landing[] = [];
    for (let seed = 1; seed <= FILES; seed++) {
      const file = join(dir, `t${seed}.csv`);
      await writeFile(file, [...generateText(contract, { rows: 100, seed, format: 'csv' })].join(''));
      landings.push({ dataset: contract.name, file });
    }
    await using installation = await openInstallation(join(dir, 'state'));
    const ms = await time(() => landFiles(installation, landings));
    const env = installation.cloud.env('lambdas/ingest-file/handler.ts');
    const catalog = new DynamoCatalog({
      client: awsClients(env).dynamodb,
      tableName: env.WHARF_LEDGER_TABLE!,
    });
    const metadata = parseMetadata(await installation.objects.read((await catalog.current(contract.name))!));
    return [
      {
        question: `${FILES} files of 100 rows through the local cloud`,
        result: `${(FILES / (ms / 1000)).toFixed(0)} files/s`,
        target: '≥ 40 files/s',
      },
      { question: '… snapshots', result: String(metadata.snapshots.length), target: '≤ 120' },
    ];
  });
}
