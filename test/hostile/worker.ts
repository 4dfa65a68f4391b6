/**
 * Judges files for the tests, in a process of its own: what takes the process down, natively or by an error nobody
 * waits for, takes down only this one, and shows. Its engine lives on from file to file, as in a Lambda.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkFile } from '../../cli/commands/check.ts';
import type { Contract } from '../../core/contract/model.ts';
import { dataset } from '../../datasets/index.ts';
import { Engine, isTooLarge } from '../../platform/engine/duckdb.ts';
import type { Answer, Question, Written } from './isolated.ts';
import { take } from './taken.ts';

const home = tmpdir();
await mkdir(join(home, 'engine'), { recursive: true });
const engine = await Engine.open({ dir: join(home, 'engine'), memoryMb: 512, threads: 1 });
/** The way of `land`, less its requests to AWS. */
async function write(contract: Contract, path: string): Promise<Written> {
  try {
    const taken = await take(engine, contract, basename(path), createReadStream(path), { select: '_row' });
    return { reasons: taken.reasons, records: [taken.data.length, taken.refused.length] };
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return { reasons: { 'too_large:memory': 1 }, records: [0, 0] };
  }
}

const peakMb = (): number => process.resourceUsage().maxRSS / 1024;

async function answer({ dataset: name, path, twice }: Question): Promise<Answer> {
  const before = await readdir(home);
  const left = async () => (await readdir(home)).filter((file) => !before.includes(file));
  try {
    const contract = dataset(name);
    const checked = await checkFile(contract, path);
    const again = twice ? await checkFile(contract, path) : checked;
    const written = await write(contract, path);
    return { checked, again, written, left: await left(), peakMb: peakMb() };
  } catch (error) {
    const { name, code, message, stack } = error as Error & { code?: string };
    return { error: { name, code, message, stack }, left: await left(), peakMb: peakMb() };
  }
}

process.on('message', async (question: Question) => process.send!(await answer(question)));
process.on('disconnect', () => process.exit());
