/** Steps 4 and 5 of a file's way: a fetched file → data files on local disk and the manifest of them. */
import { join } from 'node:path';
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { assertBalanced } from '../../core/delivery/books.ts';
import { judgeHeader } from '../../core/delivery/header.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import { fieldIds } from '../../core/lake/schema.ts';
import type { Session } from '../engine/duckdb.ts';
import { openSource, type Source } from '../engine/source.ts';
import { writeAccepted, writeRefused } from '../engine/write.ts';
import type { Fetched } from '../fetch/index.ts';
import type { Limits } from '../limits.ts';
import type { Schemas } from './schemas.ts';

export interface Production {
  readonly entry: Delivery;
  readonly contract: Contract;
  readonly file: Fetched;
  /** Folder for the files, and what their names start with. */
  readonly dir: string;
  readonly prefix: string;
}

interface ProduceDeps {
  readonly schemas: Schemas;
  readonly limits: Limits;
}

/** The manifest of what was written, or the reason the file is refused whole. */
export async function produce(
  session: Session,
  { file, ...production }: Production,
  deps: ProduceDeps,
): Promise<Manifest | string> {
  const { contract } = production;
  const source = await openSource(session, contract, file, { ...deps.limits, threads: 2 });
  if (source.unrelated) return reason('unknown_header');
  return produceFrom(session, source, { ...production, sha256: file.sha256 }, deps);
}

/** Judges and writes a source, wherever its records come from. */
export async function produceFrom(
  session: Session,
  source: Source,
  { entry, contract, sha256, dir, prefix }: Omit<Production, 'file'> & Pick<Manifest, 'sha256'>,
  { schemas }: Pick<ProduceDeps, 'schemas'>,
): Promise<Manifest> {
  const { delivery } = entry;
  const known = await schemas.of(contract);
  const ids = { data: fieldIds(known.data), quarantine: fieldIds(known.quarantine) };
  const target = (zone: keyof typeof ids) => ({
    delivery,
    prefix,
    dir: join(dir, zone),
    fieldIds: ids[zone],
  });
  const { judged, files: data } = await writeAccepted(session, contract, source, target('data'));
  const { read, accepted, quarantined, duplicate, reasons } = judged;
  const quarantine = quarantined
    ? await writeRefused(session, new Date(entry.landed_at), target('quarantine'))
    : [];
  assertBalanced(delivery, judged, { data, quarantine });
  return {
    ...{ delivery, dataset: contract.name, sha256 },
    ...{ read, accepted, quarantined, duplicate, reasons },
    ...{ data, quarantine, fieldIds: ids.data },
    ...judgeHeader(contract, source),
  };
}
