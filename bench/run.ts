/** `npm run bench`: answers each question and prints one table. Names as arguments run only those. */
import { table } from '../cli/output.ts';
import { coldStartBench } from './cold-start.ts';
import { ingestBench } from './ingest.ts';
import { smallFilesBench } from './small-files.ts';
import type { Line } from './support.ts';

const benches: Readonly<Record<string, () => Promise<Line[]>>> = {
  ingest: ingestBench,
  'small-files': smallFilesBench,
  'cold-start': coldStartBench,
};
const wanted = process.argv.slice(2);
const lines: Line[] = [];
for (const [name, run] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) lines.push(...(await run()));
console.log(
  table(
    ['question', 'measured', 'target'],
    lines.map(({ question, result, target }) => [question, result, target]),
  ),
);
