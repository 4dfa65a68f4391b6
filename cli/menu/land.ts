/** Commands that take data in, and the contracts it is held to. */
import { clock, duration, rate, share, wholeNumber } from '../arguments.ts';
import { add, program, runs, under } from '../program.ts';

program.commandsGroup('Take in:');

add('demo', 'Generate a day of data for every dataset, defects included, land it and query it')
  .option('--rows <n>', 'rows of each dataset', wholeNumber(0), 5000)
  .option('--seed <n>', 'another seed makes other data', wholeNumber(0, 2 ** 31), 1)
  .action(runs(async () => (await import('../commands/demo.ts')).demo));

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
  .action(runs(async () => (await import('../commands/start.ts')).start));

add('land <dataset> <files...>', 'Land files, wait for them, and say what became of each row')
  .addHelpText('after', '\nExample:\n  $ wharf land retailos.transactions monday.csv tuesday.csv.gz')
  .action(runs(async () => (await import('../commands/land.ts')).land));

add('check <dataset> <file>', 'Judge a file as landing would, without storing anything')
  .option('--all', 'all refused rows, not the first 1,000')
  .addHelpText(
    'after',
    '\nExample, in the build of a supplier:\n  $ wharf check stockgrip.sales sales.csv --strict',
  )
  .action(runs(async () => (await import('../commands/check.ts')).check));

add('infer <file>', 'Print a contract for a new file, guessed from its data')
  .option('--name <domain.dataset>', 'name of the dataset', 'shop.dataset')
  .action(runs(async () => (await import('../commands/infer.ts')).infer));

add('generate <dataset>', 'Write made-up data of a dataset')
  .option('--rows <n>', 'how many', wholeNumber(0), 1000)
  .option('--seed <n>', 'the same seed gives the same file', wholeNumber(0, 2 ** 31), 1)
  .option('--defects <share>', 'share of spoiled rows, 0 to 1', share, 0)
  .option('--day <date>', 'the day the data is of', '2025-01-15')
  .option('--format <format>', 'csv, ndjson or json; by the ending of --out otherwise')
  .option('--out <file>', 'where to; - is standard output', '-')
  .action(runs(async () => (await import('../commands/generate.ts')).generate));

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
  .action(runs(async () => (await import('../commands/simulate.ts')).simulate));

add('datasets', 'List the datasets').action(
  runs(async () => (await import('../commands/contracts.ts')).listDatasets),
);

const contract = add('contract <dataset>', 'Print a contract as a document')
  .option(
    '--format <format>',
    'markdown (default), json-schema (default with --json), openapi, odcs, glue, iceberg or sql',
  )
  .action(runs(async () => (await import('../commands/contracts.ts')).showContract));

under(contract)('promote <dataset>', 'Write the changes that were approved into the contract in the code')
  .option('--dry-run', 'print the fields, change nothing')
  .action(runs(async () => (await import('../commands/promote.ts')).promote));
