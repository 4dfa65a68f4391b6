import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import { explain, reason } from '../../core/contract/reasons.ts';
import { dataset } from '../../datasets/index.ts';
import { Engine, isTooLarge } from '../../platform/engine/duckdb.ts';
import { judge } from '../../platform/engine/judge.ts';
import { openSource } from '../../platform/engine/source.ts';
import { fetchFile } from '../../platform/fetch/index.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { approvedOne } from '../approved.ts';
import { requireFiles } from '../arguments.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';

export interface Checked {
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicate: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly rows: readonly {
    row: number | null;
    line: number | null;
    reasons: string[];
    received: (string | null)[];
    raw: string;
  }[];
}

/** Refused rows shown unless all are asked for. */
const SHOWN = 1000;

/** The file as a whole. */
const refused = (why: string): Checked => ({
  ...{ read: 0, accepted: 0, quarantined: 0, duplicate: 0 },
  ...{ reasons: { [why]: 1 }, rows: [] },
});

/** Judges a file as the pipeline would, without a cloud and without keeping anything. */
export async function checkFile(contract: Contract, file: string, all = false): Promise<Checked> {
  await requireFiles([file]);
  const dir = await mkdtemp(join(tmpdir(), 'wharf-check-'));
  try {
    const known = new Set(namesInFiles(contract));
    const fetched = await fetchFile(createReadStream(file), {
      name: basename(file),
      dir,
      limits: defaultLimits,
      known,
    });
    if (!fetched.ok) return refused(fetched.reason);
    using engine = await Engine.open({ dir, memoryMb: 1000 });
    return await engine.session(async (session) => {
      const source = await openSource(session, contract, fetched.file, {
        ...defaultLimits,
        threads: engine.threads,
      });
      if (source.unrelated) return refused(reason('unknown_header'));
      const judged = await judge(session, contract, source);
      if (judged.quarantined === 0) return { ...judged, rows: [] };
      const found = await session.rows(
        `SELECT * FROM refused ORDER BY coalesce(_row, line), line ${all ? '' : `LIMIT ${SHOWN}`}`,
      );
      const rows = found.map(({ _row, line, reasons, received, raw }) => ({
        row: _row === null ? null : Number(_row),
        line: line === null ? null : Number(line),
        reasons: reasons as string[],
        received: received as (string | null)[],
        raw: String(raw),
      }));
      return { ...judged, rows };
    });
  } catch (error) {
    if (isTooLarge(error)) return refused(reason('too_large', 'memory'));
    throw error;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What scripts get. A line that no reader can split is no row: it has the number of its line instead. */
const checkJson = ({ rows, ...books }: Checked) => ({
  ...books,
  rows: rows.map(({ row, line, reasons, raw }) => ({
    row,
    ...(row === null && line !== null ? { line } : {}),
    reasons,
    raw,
  })),
});

export async function check(
  name: string,
  file: string,
  options: GlobalOptions & { readonly all?: boolean },
): Promise<number> {
  const { contract } = await approvedOne(options.state, dataset(name));
  const checked = await checkFile(contract, file, options.all);
  const whole = checked.read === 0 && Object.keys(checked.reasons).length > 0;
  if (options.json) printJson(checkJson(checked));
  else show(checked, options.all ? Number.POSITIVE_INFINITY : 10);
  if (whole) return exit.failed;
  return options.strict && checked.quarantined > 0 ? exit.refused : exit.done;
}

function show({ read, accepted, quarantined, duplicate, reasons, rows }: Checked, most: number): void {
  print(
    `read ${number(read)} = accepted ${pc.green(number(accepted))} + quarantined ${number(quarantined)} + duplicate ${number(duplicate)}`,
  );
  const found = Object.entries(reasons);
  if (found.length === 0) return;
  print(
    table(
      ['reason', 'rows', 'what it means'],
      found.map(([reason, n]) => [reason, number(n), explain(reason)]),
      ['rows'],
    ),
  );
  const shown = rows
    .slice(0, most)
    .flatMap((r) => r.reasons.map((reason, i) => [r.row ?? `line ${r.line}`, reason, r.received[i]]));
  if (shown.length) print(table(['row', 'reason', 'value received'], shown, ['row']));
  if (rows.length > most)
    print(pc.dim(`… the first ${most} of ${number(quarantined)} refused rows; --all shows every one`));
}
