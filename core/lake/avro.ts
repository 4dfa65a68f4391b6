/** Avro container files in memory, through avsc. */
import avro from 'avsc';

export type AvroSchema = Readonly<Record<string, unknown>>;

/** Records as one Avro file; the schema goes into the header as given, field ids included. */
export async function encodeAvro(
  schema: AvroSchema,
  records: readonly object[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const encoder = new avro.streams.BlockEncoder(
    schema as never,
    {
      codec: 'deflate',
      metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value)])),
    } as never,
  );
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
  const decoder = new avro.streams.BlockDecoder();
  const records: T[] = [];
  decoder.on('data', (record: T) => records.push(record));
  const done = new Promise<void>((resolve, reject) => decoder.on('end', resolve).on('error', reject));
  decoder.end(Buffer.from(bytes));
  await done;
  return records;
}
