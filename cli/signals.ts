/** How commands that run until they are told to stop are told. */
import { exit } from './output.ts';

/** A terminal's Ctrl-C may arrive twice, once by way of the process above: only a later one means "at once". */
const AGAIN_MS = 500;

/** Resolves on the first signal to stop. */
export const untilTold = (): Promise<void> =>
  new Promise((stop) => {
    let told: number | undefined;
    const hear = () => {
      if (told !== undefined && Date.now() - told > AGAIN_MS) process.exit(exit.interrupted);
      told ??= Date.now();
      stop();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear);
  });
