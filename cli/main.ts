/** The command `wharf`: runs what its arguments say. */
import { CommanderError } from 'commander';
import { exit, type GlobalOptions, report } from './output.ts';
import { program } from './program.ts';
import './menu/land.ts';
import './menu/refused.ts';
import './menu/tables.ts';
import './menu/operate.ts';

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
