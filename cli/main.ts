/** The command `wharf`: what there is and what each takes. A command's own modules load when it runs. */
import { Command, CommanderError } from 'commander';
import { defaults } from '../core/cost/usage.ts';
import { clock, duration, moment, rate, several, share, wholeNumber } from './arguments.ts';
import { exit, type GlobalOptions, report } from './output.ts';

const program = new Command('wharf');

program
  .description('Files in, checked Iceberg tables out: the retail data pipeline, on this machine.')
  .version('0.1.0')
  .option('--json', 'print JSON, for scripts')
  .option('--state <dir>', 'folder that keeps everything', '.wharf')
  .option('--strict', 'exit with 3 when any row was refused')
  .option('--no-color', 'no colours (they are off anyway where no terminal is)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  // Told once, by `report`, as all errors are.
  .configureOutput({ outputError: () => {} })
  .addHelpText(
    'after',
    `
Start here:
  $ wharf demo                                       a day of data for every dataset, from file to query
  $ wharf check retailos.stores stores.csv           would this file be accepted? nothing is stored
  $ wharf land retailos.stores stores.csv            take it in
  $ wharf query "SELECT * FROM retailos.stores"      look at it

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 rows were refused (with --strict).`,
  );

type Run = (...args: never[]) => Promise<number>;

/** Runs a command with its arguments, its own options and the global ones; sets the exit code. */
function runs(load: () => Promise<Run>) {
  return async (...given: unknown[]) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals() as GlobalOptions;
    const run = (await load()) as (...args: unknown[]) => Promise<number>;
    process.exitCode = await run(...given.slice(0, -2), options);
  };
}

const add = (usage: string, describe: string) => program.command(usage).description(describe).exitOverride();

add('demo', 'Generate a day of data for every dataset, defects included, land it and query it')
  .option('--rows <n>', 'rows of each dataset', wholeNumber(0), 5000)
  .option('--seed <n>', 'another seed makes other data', wholeNumber(0, 2 ** 31), 1)
  .action(runs(async () => (await import('./commands/demo.ts')).demo));

add('start', 'Keep the pipeline up: an S3 endpoint whose files become tables')
  .option('--port <n>', 'port of S3; 0 takes a free one', wholeNumber(0, 65_535), 4566)
  .option('--api-port <n>', 'port of the HTTP API; 0 takes a free one', wholeNumber(0, 65_535), 8000)
  .option('--ws-port <n>', 'port of the WebSocket API; 0 takes a free one', wholeNumber(0, 65_535), 8765)
  .option(
    '--clock <when>',
    'let jobs think it is another time, or time goes faster: 60x, 2026-02-01,60x',
    clock,
  )
  .option('--no-jobs', 'run no jobs when they are due')
  .option('--ready-file <file>', 'write endpoint and credentials there once it answers')
  .action(runs(async () => (await import('./commands/start.ts')).start));

add('land <dataset> <files...>', 'Land files, wait for them, and say what became of each row')
  .addHelpText('after', '\nExample:\n  $ wharf land retailos.transactions monday.csv tuesday.csv.gz')
  .action(runs(async () => (await import('./commands/land.ts')).land));

add('check <dataset> <file>', 'Judge a file as landing would, without storing anything')
  .option('--all', 'all refused rows, not the first 1,000')
  .addHelpText(
    'after',
    '\nExample, in the build of a supplier:\n  $ wharf check stockgrip.sales sales.csv --strict',
  )
  .action(runs(async () => (await import('./commands/check.ts')).check));

add('infer <file>', 'Print a contract for a new file, guessed from its data')
  .option('--name <domain.dataset>', 'name of the dataset', 'shop.dataset')
  .action(runs(async () => (await import('./commands/infer.ts')).infer));

add('datasets', 'List the datasets').action(
  runs(async () => (await import('./commands/contracts.ts')).listDatasets),
);

const contract = add('contract <dataset>', 'Print a contract as a document')
  .option(
    '--format <format>',
    'markdown (default), json-schema (default with --json), openapi, odcs, glue, iceberg or sql',
  )
  .action(runs(async () => (await import('./commands/contracts.ts')).showContract));

add('deliveries [id]', 'List what arrived, or show one delivery')
  .option('--dataset <dataset>', 'of one dataset only')
  .option('--limit <n>', 'so many of the newest', wholeNumber(1), 50)
  .action(runs(async () => (await import('./commands/look.ts')).listDeliveries));

const OF_DELIVERY = ['--delivery <id>', 'of one delivery'] as const;
const BY_REASON = ['--reason <reason>', 'whose reason starts with this, e.g. type_mismatch'] as const;

const quarantine = add('quarantine <dataset>', 'Show refused rows with every reason and the value received')
  .option(...OF_DELIVERY)
  .option(...BY_REASON)
  .option('--status <status>', 'open, replayed, discarded or all', 'open')
  .option('--limit <n>', 'so many', wholeNumber(1), 50)
  .option('--export <file>', 'write all to a .csv or .ndjson file, for the supplier')
  .action(runs(async () => (await import('./commands/quarantine.ts')).quarantine));

quarantine
  .command('discard <dataset>')
  .description('Close refused rows that nobody wants; they stay, and say why')
  .option(...OF_DELIVERY)
  .option(...BY_REASON)
  .option('--all', 'all that are open')
  .option('--dry-run', 'only say how many')
  .requiredOption('--why <words>', 'why they may go')
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .configureHelp({ showGlobalOptions: true })
  .action(runs(async () => (await import('./commands/replay.ts')).discard));

add('replay', 'Mend refused rows, judge them again and land those that pass')
  .requiredOption('--dataset <dataset>', 'whose refused rows')
  .option('--delivery <id>', 'of one delivery; a file that was refused whole lands again')
  .option(...BY_REASON)
  .option(
    '--map <field:old=new>',
    'a value in the place of another; header:Old=field names a column',
    several,
    [],
  )
  .option('--set <field=value>', 'a value for every row', several, [])
  .option('--sql <field=expression>', 'a value worked out from its own row', several, [])
  .option('--why <words>', 'kept beside the released rows')
  .option('--dry-run', 'only say what would become of them')
  .addHelpText(
    'after',
    `
Examples:
  $ wharf replay --dataset retailos.transactions --reason not_in_enum:payment_method --map payment_method:CASH=cash --dry-run
  $ wharf replay --dataset stockgrip.sales --sql "price = abs(price)"`,
  )
  .action(runs(async () => (await import('./commands/replay.ts')).replay));

add('query <sql>', 'Query the tables, written domain.dataset')
  .option('--csv', 'print CSV')
  .option('--at <moment>', 'as of a time or a snapshot that `wharf history` shows')
  .addHelpText('after', '\nExample:\n  $ wharf query "SELECT count(*) FROM retailos.transactions"')
  .action(runs(async () => (await import('./commands/look.ts')).query));

add('history <dataset>', 'What changed the tables of a dataset, and when')
  .option('--quarantine', 'of its quarantine table')
  .option('--limit <n>', 'so many of the newest', wholeNumber(1), 50)
  .action(runs(async () => (await import('./commands/history.ts')).showHistory));

add('undo <delivery>', 'Take a delivery out of table and quarantine; everything later stays')
  .option('--reason <words>', 'why: the ledger keeps it')
  .option('--with-replays', 'and what was replayed of its refused rows')
  .option('--yes', 'without asking')
  .addHelpText('after', '\nThe content may land again. What it had replaced under its key comes back.')
  .action(runs(async () => (await import('./commands/revise.ts')).undo));

add('rollback <dataset>', 'Take a dataset back to a moment: its rows, its refused rows and its columns')
  .requiredOption('--to <moment>', 'a time, or a snapshot that `wharf history` shows')
  .option('--reason <words>', 'why: the ledger keeps it')
  .option('--yes', 'without asking')
  .addHelpText(
    'after',
    '\nExample:\n  $ wharf rollback retailos.stores --to 2026-01-31T12:00:00Z --reason "wrong prices"',
  )
  .action(runs(async () => (await import('./commands/revise.ts')).rollback));

add('trace <dataset> <key...>', 'Where a row came from: delivery, file, row, and the times it was refused')
  .addHelpText(
    'after',
    '\nThe key is its values in order, or field=value for any fields.\n\nExample:\n  $ wharf trace retailos.stores S001',
  )
  .action(runs(async () => (await import('./commands/trace.ts')).traceRow));

add('generate <dataset>', 'Write made-up data of a dataset')
  .option('--rows <n>', 'how many', wholeNumber(0), 1000)
  .option('--seed <n>', 'the same seed gives the same file', wholeNumber(0, 2 ** 31), 1)
  .option('--defects <share>', 'share of spoiled rows, 0 to 1', share, 0)
  .option('--day <date>', 'the day the data is of', '2025-01-15')
  .option('--format <format>', 'csv, ndjson or json; by the ending of --out otherwise')
  .option('--out <file>', 'where to; - is standard output', '-')
  .action(runs(async () => (await import('./commands/generate.ts')).generate));

add('simulate <what>', 'Play orders: post made-up ones to the API, as shops would')
  .option('--rate <rate>', 'one every 1 to 5 seconds (1-5s), or so many a second (50/s)', rate, rate('1-5s'))
  .option('--seed <n>', 'the same seed plays the same orders', wholeNumber(0, 2 ** 31), 1)
  .option('--defects <share>', 'share of spoiled orders, 0 to 1', share, 0)
  .option('--count <n>', 'stop after so many', wholeNumber(1))
  .option('--for <time>', 'stop after so long, e.g. 90s, 10m or 1h', duration)
  .option('--url <url>', 'address of the API; by default the one that `wharf start` keeps up')
  .option(
    '--key <key>',
    'its key, better given as WHARF_API_KEY: what stands here, others on the machine see',
  )
  .addHelpText('after', '\nExample, beside `wharf start`:\n  $ wharf simulate orders --rate 50/s --for 1m')
  .action(runs(async () => (await import('./commands/simulate.ts')).simulate));

add('fsck [dataset]', 'Check ledger, manifests, tables and files against each other')
  .option('--remove-orphans', 'delete bytes that nothing refers to')
  .addHelpText(
    'after',
    '\nExits with 1 when a promise is broken. What waits and what is left over is listed, and harms no reader.',
  )
  .action(runs(async () => (await import('./commands/fsck.ts')).fsck));

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
  .action(runs(async () => (await import('./commands/cost.ts')).cost));

add(
  'compact [dataset]',
  'Rewrite many small files of events as few large ones; queries see no difference',
).action(runs(async () => (await import('./commands/compact.ts')).compact));

const keys = add('keys', 'Make, list and revoke keys of the API').addHelpText(
  'after',
  '\nExample:\n  $ wharf keys make "till 7" --scope retailos.transactions:write\n\nA scope is <domain>.<dataset>:read, :write, :replay, :undo or :approve, with * for any dataset of the domain or for both, or admin.',
);
const LEDGER = [
  '--ledger <table>',
  'of a deployed stage, with the AWS credentials of the environment',
] as const;

keys
  .command('make <name>')
  .description('Make a key and show it, this once')
  .requiredOption('--scope <scopes...>', 'what it allows')
  .option('--rate <n>', 'events it may post in a second', wholeNumber(1))
  .option(...LEDGER)
  .action(runs(async () => (await import('./commands/keys.ts')).makeKey));

keys
  .command('list')
  .description('List keys, without what is secret about them')
  .option(...LEDGER)
  .action(runs(async () => (await import('./commands/keys.ts')).listKeys));

keys
  .command('revoke <id>')
  .description('End a key for good')
  .option(...LEDGER)
  .action(runs(async () => (await import('./commands/keys.ts')).revokeKey));

const dlq = add('dlq', 'Messages that were given up after their last try: look, send back, delete');
const addDlq = (usage: string, describe: string) =>
  dlq
    .command(usage)
    .description(describe)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });
const OF_ONE = ['--queue <name>', 'of queues with this in their name'] as const;

addDlq('list', 'How many there are, queue by queue').action(
  runs(async () => (await import('./commands/dlq.ts')).list),
);

addDlq('show [id]', 'Each one and why it was given up; with an id, what it says')
  .option(...OF_ONE)
  .action(runs(async () => (await import('./commands/dlq.ts')).show));

addDlq('redrive [ids...]', 'Send messages back to their queue, once the cause is mended')
  .option(...OF_ONE)
  .option('--all', 'all of them')
  .action(runs(async () => (await import('./commands/dlq.ts')).redrive));

addDlq('discard [ids...]', 'Delete messages for good; the ledger keeps that, and why')
  .option(...OF_ONE)
  .option('--all', 'all of them')
  .requiredOption('--reason <words>', 'why they may go')
  .action(runs(async () => (await import('./commands/dlq.ts')).discard));

contract
  .command('promote <dataset>')
  .description('Write the changes that were approved into the contract in the code')
  .option('--dry-run', 'print the fields, change nothing')
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .configureHelp({ showGlobalOptions: true })
  .action(runs(async () => (await import('./commands/promote.ts')).promote));

const drift = add('drift', 'What senders changed about their files: look, approve, reject, take back');
const addDrift = (usage: string, describe: string) =>
  drift
    .command(usage)
    .description(describe)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });
const WHY = ['--why <words>', 'kept for good with the decision'] as const;
const BY = ['--by <name>', 'who decides; you, where nothing is said'] as const;

addDrift('list', 'What waits for an approval')
  .option('--dataset <dataset>', 'of one dataset')
  .option('--all', 'what is decided as well: the log of changes')
  .action(runs(async () => (await import('./commands/drift.ts')).list));

addDrift('show <approval>', 'The evidence, and the deliveries it is about').action(
  runs(async () => (await import('./commands/drift.ts')).show),
);

addDrift('approve <approval>', 'Make it part of the contract; deliveries that wait for it land')
  .option(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('./commands/drift.ts')).approveChanges));

addDrift('reject <approval>', 'Keep the contract; deliveries that wait are refused whole')
  .option('--land', 'land them instead, as the contract has it: refused rows go to the quarantine')
  .requiredOption(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('./commands/drift.ts')).rejectChanges));

addDrift('undo <approval>', 'Take a decision back; what was written stays')
  .requiredOption(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('./commands/drift.ts')).undoDecision));

addDrift('diff <dataset>', 'By what a contract differs from the one in the code, version by version').action(
  runs(async () => (await import('./commands/drift.ts')).diff),
);

const jobs = add('jobs', 'What is done by the clock: sweeps, compaction, retention').addHelpText(
  'after',
  '\n`wharf start` runs jobs when they are due. Examples:\n  $ wharf jobs next compact --limit 5\n  $ wharf jobs run ingest-sweep',
);
const addJobs = (usage: string, describe: string) =>
  jobs
    .command(usage)
    .description(describe)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ showGlobalOptions: true });

addJobs('list', 'Each job: when it is due next, and what came of it last')
  .option(...LEDGER)
  .action(runs(async () => (await import('./commands/jobs.ts')).list));

addJobs('run <job>', 'Run a job now and wait for what comes of it').action(
  runs(async () => (await import('./commands/jobs.ts')).run),
);

addJobs('history [job]', 'What came of the runs, the latest first')
  .option('--limit <n>', 'so many', wholeNumber(1), 20)
  .option(...LEDGER)
  .action(runs(async () => (await import('./commands/jobs.ts')).history));

addJobs('next [job]', 'When jobs are due')
  .option('--limit <n>', 'so many times of each', wholeNumber(1, 1000), 3)
  .option('--from <time>', 'after this instead of now', moment)
  .action(runs(async () => (await import('./commands/jobs.ts')).next));

add('doctor', 'Check that this machine can run Wharf').action(
  runs(async () => (await import('./commands/doctor.ts')).doctor),
);

// A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: { code?: string }) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });

try {
  await program.parseAsync();
} catch (error) {
  // Help and version end by an "error" that needs no words; help that nobody asked for is wrong usage.
  const over = error instanceof CommanderError && /help|version/.test(error.code);
  if (over) process.exitCode = error.exitCode === 0 ? exit.done : exit.usage;
  else process.exitCode = report(error, Boolean(program.opts<GlobalOptions>().json));
}
