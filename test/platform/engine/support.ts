/** An engine and the road a file takes through it: fetch, judge, write. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { namesInFiles } from '../../../core/contract/contract.ts';
import type { Contract } from '../../../core/contract/model.ts';
import { evolveSchema, fieldIds, quarantineColumns, tableColumns } from '../../../core/lake/schema.ts';
import type { LocalFile } from '../../../platform/engine/copy.ts';
import { Engine, type Row } from '../../../platform/engine/duckdb.ts';
import type { Judged } from '../../../platform/engine/judge.ts';
import { openSource } from '../../../platform/engine/source.ts';
import { writeAccepted, writeRefused } from '../../../platform/engine/write.ts';
import { fetchFile } from '../../../platform/fetch/index.ts';
import { defaultLimits } from '../../../platform/limits.ts';

export interface Outcome {
  readonly judged: Judged;
  readonly files: readonly LocalFile[];
  /** Accepted rows by `_row`, without `_delivery`. */
  readonly accepted: readonly Row[];
  readonly refused: readonly Row[];
}

export interface Take {
  readonly name?: string;
  /** How many parts a file is cut into. */
  readonly threads?: number;
  /** Files below this size are not cut. */
  readonly worthCutting?: number;
}

/** Runs `work` with an engine and a folder of its own. */
export async function withEngine<T>(work: (engine: Engine, dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-engine-'));
  try {
    using engine = await Engine.open({ dir, memoryMb: 500, threads: 2 });
    return await work(engine, dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Takes one file's bytes all the way to Parquet, and reads what was written. */
export function take(contract: Contract, bytes: string | Uint8Array, options: Take = {}): Promise<Outcome> {
  return withEngine(async (engine, dir) => {
    const fetched = await fetchFile(Readable.from([Buffer.from(bytes)]), {
      ...{ name: options.name ?? 'a.csv', dir, limits: defaultLimits },
      known: new Set(namesInFiles(contract)),
    });
    if (!fetched.ok) throw new Error(fetched.reason);
    return engine.session(async (session) => {
      const { rowBytes } = defaultLimits;
      const { threads = 1, worthCutting } = options;
      const source = await openSource(session, contract, fetched.file, { rowBytes, threads, worthCutting });
      const common = { delivery: 'd1', prefix: 'd1' };
      const { judged, files } = await writeAccepted(session, contract, source, {
        ...common,
        dir: join(dir, 'data'),
        fieldIds: fieldIds(evolveSchema(undefined, tableColumns(contract), 0).schema),
      });
      const bad = judged.quarantined
        ? await writeRefused(session, new Date(0), {
            ...common,
            dir: join(dir, 'bad'),
            fieldIds: fieldIds(evolveSchema(undefined, quarantineColumns, 0).schema),
          })
        : [];
      const read = (written: readonly LocalFile[]) =>
        written.length === 0
          ? []
          : session.rows(
              `SELECT * EXCLUDE (_delivery) FROM read_parquet([${written.map(({ path }) => `'${path}'`).join(', ')}], union_by_name = true) ORDER BY _row`,
            );
      return { judged, files, accepted: await read(files), refused: await read(bad) };
    });
  });
}
