/** The command `wharf` itself, and how commands are added to it. */
import { Command } from 'commander';
import type { GlobalOptions } from './output.ts';

export const program = new Command('wharf');

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

/** Runs a command with its arguments, its own options and the global ones; sets the exit code. Its modules load then. */
export function runs(load: () => Promise<Run>) {
  return async (...given: unknown[]) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals() as GlobalOptions;
    const run = (await load()) as (...args: unknown[]) => Promise<number>;
    process.exitCode = await run(...given.slice(0, -2), options);
  };
}

/** Adds commands to another. */
export const under =
  (command: Command) =>
  (usage: string, describe: string): Command =>
    command.command(usage).description(describe);

/** Adds a command. */
export const add = under(program);
