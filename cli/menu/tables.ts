/** Commands for what is in the tables: look at it, trace it, take it back. */
import { wholeNumber } from '../arguments.ts';
import { add, program, runs } from '../program.ts';

program.commandsGroup('Look, and take back:');

add('query <sql>', 'Query the tables, written domain.dataset')
  .option('--csv', 'print CSV')
  .option('--at <moment>', 'as of a time or a snapshot that `wharf history` shows')
  .addHelpText('after', '\nExample:\n  $ wharf query "SELECT count(*) FROM retailos.transactions"')
  .action(runs(async () => (await import('../commands/look.ts')).query));

add('deliveries [id]', 'List what arrived, or show one delivery')
  .option('--dataset <dataset>', 'of one dataset only')
  .option('--limit <n>', 'so many of the newest', wholeNumber(1), 50)
  .action(runs(async () => (await import('../commands/look.ts')).listDeliveries));

add(
  'trace <dataset> <key...>',
  'Where a row came from: delivery, file, row and line, and the times it was refused',
)
  .addHelpText(
    'after',
    '\nThe key is its values in order, or field=value for any fields.\n\nExample:\n  $ wharf trace retailos.stores S001',
  )
  .action(runs(async () => (await import('../commands/trace.ts')).traceRow));

add('history <dataset>', 'What changed the tables of a dataset, and when')
  .option('--quarantine', 'of its quarantine table')
  .option('--limit <n>', 'so many of the newest', wholeNumber(1), 50)
  .action(runs(async () => (await import('../commands/history.ts')).showHistory));

add('undo <delivery>', 'Take a delivery out of table and quarantine; everything later stays')
  .option('--reason <words>', 'why: the ledger keeps it')
  .option('--with-replays', 'and what was replayed of its refused rows')
  .option('--yes', 'without asking')
  .addHelpText('after', '\nThe content may land again. What it had replaced under its key comes back.')
  .action(runs(async () => (await import('../commands/revise.ts')).undo));

add('rollback <dataset>', 'Take a dataset back to a moment: its rows, its refused rows and its columns')
  .requiredOption('--to <moment>', 'a time, or a snapshot that `wharf history` shows')
  .option('--reason <words>', 'why: the ledger keeps it')
  .option('--yes', 'without asking')
  .addHelpText(
    'after',
    '\nExample:\n  $ wharf rollback retailos.stores --to 2026-01-31T12:00:00Z --reason "wrong prices"',
  )
  .action(runs(async () => (await import('../commands/revise.ts')).rollback));

add(
  'compact [dataset]',
  'Rewrite many small files of events as few large ones; queries see no difference',
).action(runs(async () => (await import('../commands/compact.ts')).compact));

add('fsck [dataset]', 'Check ledger, manifests, tables and files against each other')
  .option('--remove-orphans', 'delete bytes that nothing refers to')
  .addHelpText(
    'after',
    '\nExits with 1 when a promise is broken. What waits and what is left over is listed, and harms no reader.',
  )
  .action(runs(async () => (await import('../commands/fsck.ts')).fsck));
