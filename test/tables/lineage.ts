/** All that an OpenLineage endpoint hears of a pipeline, for its own client to judge. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { everything, listening } from '../support/lineage.ts';
import { python } from './python.ts';

export async function judgeLineage(dir: string): Promise<boolean> {
  await using told = await listening();
  await everything(told);
  const file = join(dir, 'events.json');
  await writeFile(file, JSON.stringify(told.heard));
  return await python('lineage.py', file);
}
