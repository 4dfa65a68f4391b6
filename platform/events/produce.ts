/** Events of a micro-batch → Parquet in memory and the manifest of it, as `platform/ingest/produce.ts` for a file. */
import type { Contract } from '../../core/contract/model.ts';
import { assertBalanced } from '../../core/delivery/books.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import { type JudgedBatch, judgeBatch } from '../../core/events/batch.ts';
import { epochDay } from '../../core/lake/bounds.ts';
import type { DataFile } from '../../core/lake/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import {
  fieldIds,
  type IcebergSchema,
  quarantineColumns,
  tableColumns,
  type WantedField,
} from '../../core/lake/schema.ts';
import { partitionOf } from '../../core/lake/transform.ts';
import type { Schemas } from '../ingest/schemas.ts';
import { writeParquet } from '../parquet/write.ts';

export interface Batch {
  readonly entry: Pick<Delivery, 'delivery' | 'landed_at'>;
  readonly contract: Contract;
  readonly sha256: string;
  /** JSON texts; their order is the order of `_row`. */
  readonly events: readonly string[];
  /** What the names of the files start with. */
  readonly prefix: string;
}

export interface Produced {
  readonly manifest: Manifest;
  /** The files' bytes by the paths the manifest has. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

type Row = Readonly<Record<string, unknown>>;

interface Group {
  readonly partition: DataFile['partition'];
  readonly rows: readonly Row[];
}

/** Judges and writes a batch. @throws WharfError `books.unbalanced` */
export async function produceBatch(batch: Batch, schemas: Schemas): Promise<Produced> {
  const { entry, contract, sha256, events, prefix } = batch;
  const { delivery } = entry;
  const known = await schemas.of(contract);
  const judged = judgeBatch(contract, events);
  const files = new Map<string, Uint8Array>();
  const write = (zone: 'data' | 'quarantine', columns: readonly WantedField[], groups: readonly Group[]) =>
    groups.map(({ partition, rows }, i): DataFile => {
      const path = `${zone}/${prefix}_${i}.parquet`;
      const { bytes, columns: stats } = writeParquet(fieldsOf(known[zone], columns), rows);
      files.set(path, bytes);
      return { path, records: rows.length, bytes: bytes.length, partition, columns: stats };
    });
  const data = write('data', tableColumns(contract), acceptedGroups(judged, contract, delivery));
  const quarantine = write('quarantine', quarantineColumns, refusedGroups(judged, entry));
  assertBalanced(delivery, judged.books, { data, quarantine });
  const manifest = {
    ...{ delivery, dataset: contract.name, sha256, ...judged.books, reasons: judged.reasons },
    ...{ data, quarantine, fieldIds: fieldIds(known.data), refused: false },
  };
  return { manifest, files };
}

/** The table's fields among these columns; a table keeps columns that its contract no longer has. */
const fieldsOf = ({ fields }: IcebergSchema, columns: readonly WantedField[]) =>
  columns.map(({ name }) => fields.find((field) => field.name === name)!);

function acceptedGroups({ accepted }: JudgedBatch, contract: Contract, delivery: string): Group[] {
  const rows = accepted.map(({ row, values, rescued }) => ({
    partition: partitionOf(contract, values),
    row: { ...values, _delivery: delivery, _row: row, _rescued: rescued },
  }));
  const groups = Map.groupBy(rows, ({ partition }) => JSON.stringify(partition));
  return [...groups.values()].map((members) => ({
    partition: members[0]!.partition,
    rows: members.map(({ row }) => row),
  }));
}

function refusedGroups({ refused }: JudgedBatch, { delivery, landed_at }: Batch['entry']): Group[] {
  if (refused.length === 0) return [];
  const day = String(epochDay(landed_at));
  const rows = refused.map(({ row, raw, reasons, received }) => ({
    ...{ _delivery: delivery, _row: row, line: null, raw, reasons, received },
    arrived_at: landed_at,
  }));
  return [{ partition: Object.fromEntries(quarantinePartition.map(({ name }) => [name, day])), rows }];
}
