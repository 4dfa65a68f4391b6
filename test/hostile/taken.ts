/** Takes in a file as ingestion does, and reads back what was written of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import { evolveSchema, fieldIds, quarantineColumns, tableColumns } from '../../core/lake/schema.ts';
import type { LocalFile } from '../../platform/engine/copy.ts';
import type { Engine, Row } from '../../platform/engine/duckdb.ts';
import type { Judged } from '../../platform/engine/judge.ts';
import { openSource } from '../../platform/engine/source.ts';
import { writeAccepted, writeRefused } from '../../platform/engine/write.ts';
import { fetchFile } from '../../platform/fetch/index.ts';
import { defaultLimits, type Limits } from '../../platform/limits.ts';

export interface Taken extends Judged {
  /** What stands in the data files and in the quarantine file, in the order of the file. */
  readonly data: readonly Row[];
  readonly refused: readonly Row[];
}

const ids = (columns: Parameters<typeof evolveSchema>[1]) =>
  fieldIds(evolveSchema(undefined, columns, 0).schema);

const whole = (why: string): Taken => ({
  ...{ read: 0, accepted: 0, quarantined: 0, duplicate: 0, reasons: { [why]: 1 } },
  ...{ data: [], refused: [] },
});

interface TakeOptions {
  readonly limits?: Limits;
  /** What is read of the data files, as SQL. */
  readonly select?: string;
}

export async function take(
  engine: Engine,
  contract: Contract,
  name: string,
  body: AsyncIterable<Uint8Array>,
  { limits = defaultLimits, select = '*' }: TakeOptions = {},
): Promise<Taken> {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-taken-'));
  try {
    const fetched = await fetchFile(body, { name, dir, limits, known: new Set(namesInFiles(contract)) });
    if (!fetched.ok) return whole(fetched.reason);
    return await engine.session(async (session) => {
      const source = await openSource(session, contract, fetched.file, { ...limits, threads: 2 });
      if (source.unrelated) return whole('unknown_header');
      const common = { delivery: 'test', prefix: 'test' };
      const { judged, files } = await writeAccepted(session, contract, source, {
        ...{ ...common, dir: join(dir, 'data'), fieldIds: ids(tableColumns(contract)) },
      });
      const bad = { ...common, dir: join(dir, 'bad'), fieldIds: ids(quarantineColumns) };
      const refused = judged.quarantined ? await writeRefused(session, new Date(0), bad) : [];
      const rows = async (of: readonly LocalFile[], select: string): Promise<Row[]> =>
        of.length === 0
          ? []
          : await session.rows(
              `SELECT ${select} FROM read_parquet([${of.map(({ path }) => quote(path)).join()}], union_by_name = true, hive_partitioning = false) ORDER BY _row`,
            );
      return { ...judged, data: await rows(files, select), refused: await rows(refused, '*') };
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The bytes of a text at once. */
export async function* bytesOf(body: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body);
}
