/**
 * `npm run bench`: answers each question and prints one table. Names as arguments run only those; `--full` takes the
 * hour that the largest sizes need.
 */
import { parseArgs } from 'node:util';
import { table } from '../cli/output.ts';
import { acceptEventBench } from './accept-event.ts';
import { coldStartBench } from './cold-start.ts';
import { costBench } from './cost.ts';
import { ingestBench } from './ingest.ts';
import { liveBench } from './live.ts';
import { replayBench } from './replay.ts';
import { scaleBench } from './scale.ts';
import type { Line } from './support.ts';
import { sustainedBench } from './sustained.ts';
import { sweepBench } from './sweep.ts';
import { tableAgeBench } from './table-age.ts';
import { undoBench } from './undo.ts';

const benches: Readonly<Record<string, (options: { full: boolean }) => Promise<Line[]>>> = {
  ingest: ingestBench,
  'accept-event': acceptEventBench,
  sustained: sustainedBench,
  replay: replayBench,
  live: liveBench,
  scale: scaleBench,
  sweep: sweepBench,
  'table-age': tableAgeBench,
  undo: undoBench,
  cost: costBench,
  'cold-start': coldStartBench,
};
const { values, positionals: wanted } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const lines: Line[] = [];
for (const [name, run] of Object.entries(benches))
  if (wanted.length === 0 || wanted.includes(name)) lines.push(...(await run(values)));
console.log(
  table(
    ['question', 'measured', 'target'],
    lines.map(({ question, result, target }) => [question, result, target]),
  ),
);
