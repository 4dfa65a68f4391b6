/** Commands for what was refused, and for what senders change. */
import { several, wholeNumber } from '../arguments.ts';
import { add, program, runs, under } from '../program.ts';

program.commandsGroup('Mend:');

const OF_DELIVERY = ['--delivery <id>', 'of one delivery'] as const;

const BY_REASON = ['--reason <reason>', 'whose reason starts with this, e.g. type_mismatch'] as const;

const quarantine = add('quarantine <dataset>', 'Show refused rows with every reason and the value received')
  .option(...OF_DELIVERY)
  .option(...BY_REASON)
  .option('--status <status>', 'open, replayed, discarded or all', 'open')
  .option('--limit <n>', 'so many', wholeNumber(1), 50)
  .option('--export <file>', 'write all to a .csv or .ndjson file, for the supplier')
  .action(runs(async () => (await import('../commands/quarantine.ts')).quarantine));

under(quarantine)('discard <dataset>', 'Close refused rows that nobody wants; they stay, and say why')
  .option(...OF_DELIVERY)
  .option(...BY_REASON)
  .option('--all', 'all that are open')
  .option('--dry-run', 'only say how many')
  .requiredOption('--why <words>', 'why they may go')
  .action(runs(async () => (await import('../commands/replay.ts')).discard));

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
  .option('--dlq [id]', 'events that were given up instead: all for the dataset, or those of one message')
  .option('--why <words>', 'kept beside the released rows')
  .option('--dry-run', 'only say what would become of them')
  .addHelpText(
    'after',
    `
Examples:
  $ wharf replay --dataset retailos.transactions --reason not_in_enum:payment_method --map payment_method:CASH=cash --dry-run
  $ wharf replay --dataset stockgrip.sales --sql "price = abs(price)"`,
  )
  .action(runs(async () => (await import('../commands/replay.ts')).replay));

const drift = add('drift', 'What senders changed about their files: look, approve, reject, take back');

const addDrift = under(drift);

const WHY = ['--why <words>', 'kept for good with the decision'] as const;

const BY = ['--by <name>', 'who decides; you, where nothing is said'] as const;

addDrift('list', 'What waits for an approval')
  .option('--dataset <dataset>', 'of one dataset')
  .option('--all', 'what is decided as well: the log of changes')
  .action(runs(async () => (await import('../commands/drift.ts')).list));

addDrift('show <approval>', 'The evidence, and the deliveries it is about').action(
  runs(async () => (await import('../commands/drift.ts')).show),
);

addDrift('approve <approval>', 'Make it part of the contract; deliveries that wait for it land')
  .option(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('../commands/drift.ts')).approveChanges));

addDrift('reject <approval>', 'Keep the contract; deliveries that wait are refused whole')
  .option('--land', 'land them instead, as the contract has it: refused rows go to the quarantine')
  .requiredOption(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('../commands/drift.ts')).rejectChanges));

addDrift('undo <approval>', 'Take a decision back; what was written stays')
  .requiredOption(...WHY)
  .option(...BY)
  .action(runs(async () => (await import('../commands/drift.ts')).undoDecision));

addDrift('diff <dataset>', 'By what a contract differs from the one in the code, version by version').action(
  runs(async () => (await import('../commands/drift.ts')).diff),
);
