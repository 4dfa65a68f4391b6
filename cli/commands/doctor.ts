import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { synthesize } from '../../local/synth.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { exit, type GlobalOptions, pc, print, printJson } from '../output.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

const GB = 1024 ** 3;

/** What must be right for the rest to work; each says how it is. */
const checks: readonly { readonly what: string; look(state: string): Promise<string> }[] = [
  {
    what: 'Node 24 or newer',
    look: async () => {
      if (Number(process.versions.node.split('.')[0]) < 24)
        throw new Error(`this is ${process.versions.node}: run npm ci, and start through npx wharf`);
      return process.versions.node;
    },
  },
  {
    what: 'DuckDB runs',
    look: async () => {
      using engine = await Engine.open({ dir: tmpdir(), memoryMb: 200 });
      return await engine.session(async (session) => String((await session.row('SELECT version() AS v')).v));
    },
  },
  {
    what: 'the state folder can be written',
    look: async (state) => {
      await mkdir(state, { recursive: true });
      await access(state, constants.W_OK);
      return resolve(state);
    },
  },
  {
    what: 'two gigabytes of disk are free',
    look: async (state) => {
      const { bavail, bsize } = await statfs(state);
      const free = (bavail * bsize) / GB;
      if (free < 2) throw new Error(`only ${free.toFixed(1)} GB: free some, or give --state another folder`);
      return `${free.toFixed(0)} GB`;
    },
  },
  {
    what: 'the stack synthesizes',
    look: async (state) => `${Object.keys((await synthesize(state)).Resources).length} resources`,
  },
];

/** Looks whether this machine can run Wharf. */
export async function doctor({ state, json }: GlobalOptions): Promise<number> {
  const findings: Finding[] = [];
  for (const { what, look } of checks) {
    const finding = await look(state).then(
      (detail) => ({ what, ok: true, detail }),
      (error: Error) => ({ what, ok: false, detail: error.message }),
    );
    findings.push(finding);
    if (!json) print(`${finding.ok ? pc.green('✓') : pc.red('✗')} ${what} ${pc.dim(finding.detail)}`);
  }
  if (json) printJson(findings);
  return findings.every(({ ok }) => ok) ? exit.done : exit.failed;
}
