/** Commands for whoever runs the pipeline. */
import { defaults } from '../../core/cost/usage.ts';
import { moment, wholeNumber } from '../arguments.ts';
import { add, program, runs, under } from '../program.ts';

program.commandsGroup('Keep it running:');

const LEDGER = [
  '--ledger <table>',
  'of a deployed stage, with the AWS credentials of the environment',
] as const;

const keys = add('keys', 'Make, list and revoke keys of the API').addHelpText(
  'after',
  '\nExample:\n  $ wharf keys make "till 7" --scope retailos.transactions:write\n\nA scope is <domain>.<dataset>:read, :write, :replay, :undo or :approve, with * for any dataset of the domain or for both, or admin.',
);

under(keys)('make <name>', 'Make a key and show it, this once')
  .requiredOption('--scope <scopes...>', 'what it allows')
  .option('--rate <n>', 'events it may post in a second', wholeNumber(1))
  .option(...LEDGER)
  .action(runs(async () => (await import('../commands/keys.ts')).makeKey));

under(keys)('list', 'List keys, without what is secret about them')
  .option(...LEDGER)
  .action(runs(async () => (await import('../commands/keys.ts')).listKeys));

under(keys)('revoke <id>', 'End a key for good')
  .option(...LEDGER)
  .action(runs(async () => (await import('../commands/keys.ts')).revokeKey));

const jobs = add('jobs', 'What is done by the clock: sweeps, compaction, retention').addHelpText(
  'after',
  '\n`wharf start` runs jobs when they are due. Examples:\n  $ wharf jobs next compact --limit 5\n  $ wharf jobs run ingest-sweep',
);

const addJobs = under(jobs);

addJobs('list', 'Each job: when it is due next, and what came of it last')
  .option(...LEDGER)
  .action(runs(async () => (await import('../commands/jobs.ts')).list));

addJobs('run <job>', 'Run a job now and wait for what comes of it').action(
  runs(async () => (await import('../commands/jobs.ts')).run),
);

addJobs('history [job]', 'What came of the runs, the latest first')
  .option('--limit <n>', 'so many', wholeNumber(1), 20)
  .option(...LEDGER)
  .action(runs(async () => (await import('../commands/jobs.ts')).history));

addJobs('next [job]', 'When jobs are due')
  .option('--limit <n>', 'so many times of each', wholeNumber(1, 1000), 3)
  .option('--from <time>', 'after this instead of now', moment)
  .action(runs(async () => (await import('../commands/jobs.ts')).next));

const dlq = add('dlq', 'Messages that were given up after their last try: look, send back, delete');

const addDlq = under(dlq);

const OF_ONE = ['--queue <name>', 'of queues with this in their name'] as const;

addDlq('list', 'How many there are, queue by queue').action(
  runs(async () => (await import('../commands/dlq.ts')).list),
);

addDlq('show [id]', 'Each one and why it was given up; with an id, what it says')
  .option(...OF_ONE)
  .action(runs(async () => (await import('../commands/dlq.ts')).show));

addDlq('redrive [ids...]', 'Send messages back to their queue, once the cause is mended')
  .option(...OF_ONE)
  .option('--all', 'all of them')
  .action(runs(async () => (await import('../commands/dlq.ts')).redrive));

addDlq('discard [ids...]', 'Delete messages for good; the ledger keeps that, and why')
  .option(...OF_ONE)
  .option('--all', 'all of them')
  .requiredOption('--reason <words>', 'why they may go')
  .action(runs(async () => (await import('../commands/dlq.ts')).discard));

add('cost', 'Say what a month of deliveries costs in AWS')
  .requiredOption('--deliveries <n>', 'files a month', wholeNumber(0))
  .requiredOption('--rows <n>', 'rows a month, of all files together', wholeNumber(0))
  .option('--bytes-per-row <n>', 'as they land', wholeNumber(1), defaults.bytesPerRow)
  .option('--partitions <n>', 'that the rows of one file fall into', wholeNumber(1), defaults.partitions)
  .option('--batch <n>', 'files that come together and share a commit', wholeNumber(1, 10), defaults.batch)
  .option(
    '--scans <n>',
    'times a month that queries read all rows of the month',
    wholeNumber(0),
    defaults.scans,
  )
  .addHelpText('after', '\nExample:\n  $ wharf cost --deliveries 10000 --rows 50000000')
  .action(runs(async () => (await import('../commands/cost.ts')).cost));

add('doctor', 'Check that this machine can run Wharf').action(
  runs(async () => (await import('../commands/doctor.ts')).doctor),
);
