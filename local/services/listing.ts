/** Lists of a bucket's objects, in S3's order: by bytes, not by an alphabet. A list of many pages is sorted once. */
import { type S3Object, S3Store } from './fauxqs.ts';

type Options = Parameters<S3Store['listObjects']>[1];
type Listed = ReturnType<S3Store['listObjects']>;

const byKey = (a: S3Object, b: S3Object): number => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
const isAfter = (key: string, marker: string): boolean =>
  Buffer.compare(Buffer.from(key), Buffer.from(marker)) > 0;

/** fauxqs sorts every page anew, by the alphabet, and goes on by code units: of many objects it leaves some out. */
export class Objects extends S3Store {
  /** Grows with every change; a list is good while it stays. */
  readonly #changes: () => number;
  readonly #sorted = new Map<string, { readonly at: number; readonly objects: readonly S3Object[] }>();

  constructor(changes: () => number) {
    super();
    this.#changes = changes;
  }

  override listObjects(bucket: string, options: Options = {}): Listed {
    const { prefix = '', delimiter, maxKeys = 1000, startAfter, marker } = options;
    const after = startAfter ?? marker ?? '';
    const all = this.#all(bucket);
    const objects: S3Object[] = [];
    const prefixes = new Set<string>();
    for (let i = firstAfter(all, after); i < all.length; i++) {
      const object = all[i]!;
      if (!object.key.startsWith(prefix)) continue;
      const end = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
      const folder = end < 0 ? undefined : object.key.slice(0, end + delimiter!.length);
      if (folder !== undefined && (prefixes.has(folder) || (after && !isAfter(folder, after)))) continue;
      if (objects.length + prefixes.size >= maxKeys)
        return { objects, commonPrefixes: [...prefixes], isTruncated: true };
      if (folder === undefined) objects.push(object);
      else prefixes.add(folder);
    }
    return { objects, commonPrefixes: [...prefixes], isTruncated: false };
  }

  #all(bucket: string): readonly S3Object[] {
    const at = this.#changes();
    const kept = this.#sorted.get(bucket);
    if (kept?.at === at) return kept.objects;
    // Only the parent knows what is in a bucket; it has no pages where nobody wants any.
    const { objects } = super.listObjects(bucket, { maxKeys: Number.POSITIVE_INFINITY });
    objects.sort(byKey);
    this.#sorted.set(bucket, { at, objects });
    return objects;
  }
}

function firstAfter(objects: readonly S3Object[], marker: string): number {
  let [low, high] = [0, objects.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(objects[middle]!.key, marker)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"'\r\n\t]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/** What S3 answers to `GET /<bucket>?versions` where a bucket keeps one version of each object. */
export function listVersions(
  store: S3Store,
  bucket: string,
  query: Readonly<Record<string, string>>,
): string {
  const { prefix = '', 'key-marker': startAfter = '', 'max-keys': most = '1000' } = query;
  const { objects, isTruncated } = store.listObjects(bucket, { prefix, startAfter, maxKeys: Number(most) });
  const versions = objects.map(
    ({ key, etag, contentLength, lastModified }) =>
      `<Version><Key>${escaped(key)}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>` +
      `<LastModified>${lastModified.toISOString().slice(0, 19)}.000Z</LastModified>` +
      `<ETag>${escaped(etag)}</ETag><Size>${contentLength}</Size></Version>`,
  );
  const next = isTruncated ? `<NextKeyMarker>${escaped(objects.at(-1)!.key)}</NextKeyMarker>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><IsTruncated>${isTruncated}</IsTruncated>${next}${versions.join('')}</ListVersionsResult>`;
}
