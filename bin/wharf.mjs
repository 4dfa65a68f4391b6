#!/usr/bin/env -S node --v8-pool-size=0
/**
 * Starts the command on Node 24: a user's own Node may be older, the `node` package brings the right one. V8 gets as many
 * threads for its own work as there are cores to spare: its four would take both of two cores from whoever waits for an answer.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const node24 = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import('../cli/main.ts');
} else if (existsSync(node24)) {
  const child = spawn(node24, ['--no-warnings', '--v8-pool-size=0', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
} else {
  console.error(
    `wharf needs Node 24; this is ${process.versions.node}. Run \`npm ci\` in the project first.`,
  );
  process.exitCode = 1;
}
