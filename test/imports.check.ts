/** Checks the import rules, and that there was something to check: a checker that sees no file always agrees. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

const folders = [
  'core',
  'datasets',
  'platform',
  'lambdas',
  'lib',
  'local',
  'localstack',
  'cli',
  'bin',
].filter((f) => existsSync(f));
const { stdout, stderr } = spawnSync(
  'node_modules/.bin/depcruise',
  ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...folders],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  },
);
if (!stdout) throw new Error(stderr);

interface Report {
  modules: { source: string }[];
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}
const { modules, summary } = JSON.parse(stdout) as Report;
const files = globSync(folders.map((f) => `${f}/**/*.ts`)).filter((file) => !file.endsWith('.d.ts'));
const seen = new Set(modules.map(({ source }) => source));
const unseen = files.filter((file) => !seen.has(file));

for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
for (const file of unseen) console.error(`not checked: ${file}`);
console.log(`import rules: ${files.length} files, ${summary.violations.length} violations`);
process.exitCode = files.length === 0 || unseen.length > 0 || summary.violations.length > 0 ? 1 : 0;
