/** Asking for an upload: what may be uploaded, and where it lands. */
import { landingKey, parseKey } from '../delivery/key.ts';
import { parseJson } from '../json.ts';
import { Problem } from './problem.ts';

/** Media types of files that Wharf takes in; what a file is, ingestion finds out by itself. */
export const uploadTypes: readonly string[] = [
  ...['text/csv', 'application/json', 'application/x-ndjson', 'application/xml', 'text/xml'],
  ...['application/vnd.apache.parquet', 'application/gzip', 'application/zstd', 'application/octet-stream'],
];

export interface UploadRequest {
  /** Key of the landing zone. */
  readonly key: string;
  readonly size: number;
  readonly type: string;
}

const wrong = (detail: string): Problem => new Problem('malformed-request', detail);

/**
 * Reads `{"name", "size", "type"}`.
 * @throws Problem `malformed-request`, `too-large`
 * @example readUpload('retailos.stores', '{"name":"a.csv","size":12,"type":"text/csv"}', 1e9).key // 'landing/retailos/stores/a.csv'
 */
export function readUpload(dataset: string, json: string, largest: number): UploadRequest {
  const asked = parseJson(json);
  if (asked === undefined) throw new Problem('malformed-json', 'The body is no JSON text');
  const { name, size, type } = Object(asked) as Partial<Record<string, unknown>>;
  const key = landingKey(dataset, String(name));
  if (typeof name !== 'string' || name.length > 200 || !/^[^\p{Cc}\p{Cs}]+$/u.test(name) || !parseKey(key).ok)
    throw wrong(
      'name must be the name of a file: 1 to 200 characters, no control characters, no empty segments, no "..", no backslash',
    );
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1)
    throw wrong('size must be the number of bytes of the file');
  if (size > largest) throw new Problem('too-large', `size is ${size}; ${largest} bytes are allowed`);
  if (typeof type !== 'string' || !uploadTypes.includes(type))
    throw wrong(`type must be one of ${uploadTypes.join(', ')}`);
  return { key, size, type };
}
