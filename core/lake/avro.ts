/** Avro container files in memory, through avsc. */
import avro from 'avsc';

export type AvroSchema = Readonly<Record<string, unknown>>;

/** Longs in full: a number where it is exact, else a bigint. The library's own refuses what a number cannot hold. */
const long = avro.types.LongType.__with({
  fromBuffer(bytes: Buffer): number | bigint {
    const low = bytes.readUInt32LE(0);
    const high = bytes.readInt32LE(4);
    const isExact = high >= -0x20_0000 && high < 0x20_0000;
    return isExact ? high * 0x1_0000_0000 + low : bytes.readBigInt64LE();
  },
  toBuffer(value: number | bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0),
} as never);

/** Types by the text of their schema: to make one takes longer than to read a small file. */
const types = new Map<string, avro.Type>();

function typeOf(schema: unknown): avro.Type {
  const text = JSON.stringify(schema);
  const type = types.get(text) ?? avro.Type.forSchema(schema as avro.Schema, { registry: { long } } as never);
  types.set(text, type);
  return type;
}

/** Records as one Avro file; the schema goes into the header as given, field ids included. */
export async function encodeAvro(
  schema: AvroSchema,
  records: readonly object[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const header = { ...metadata, 'avro.schema': JSON.stringify(schema) };
  const encoder = new avro.streams.BlockEncoder(typeOf(schema), {
    codec: 'deflate',
    metadata: Object.fromEntries(Object.entries(header).map(([key, value]) => [key, Buffer.from(value)])),
  } as never);
  const chunks: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => encoder.on('end', resolve).on('error', reject));
  for (const record of records) encoder.write(record);
  encoder.end();
  await done;
  return Buffer.concat(chunks);
}

/** All records of an Avro file. */
export async function decodeAvro<T>(bytes: Uint8Array): Promise<T[]> {
  const decoder = new avro.streams.BlockDecoder({ parseHook: typeOf } as never);
  const records: T[] = [];
  decoder.on('data', (record: T) => records.push(record));
  const done = new Promise<void>((resolve, reject) => decoder.on('end', resolve).on('error', reject));
  decoder.end(Buffer.from(bytes));
  await done;
  return records;
}
