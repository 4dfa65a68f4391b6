/** Puts what was written on local disk into the lake, the manifest last. */
import { createHash, randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import { formatManifest } from '../../core/delivery/manifest.ts';
import type { Manifest } from '../../core/delivery/model.ts';
import type { DataFile } from '../../core/lake/model.ts';
import type { ObjectStore } from '../objects.ts';

export interface LakePaths {
  /** Location of the dataset's table. */
  readonly data: string;
  /** Location of its quarantine table. */
  readonly quarantine: string;
  /** Where manifests and companion metadata of its deliveries stand. */
  readonly deliveries: string;
}

/** Where a dataset lives in the lake bucket: one prefix a zone, so that policies can tell them apart. */
export const lakePaths = (
  bucket: string,
  { domain, dataset }: Pick<Contract, 'domain' | 'dataset'>,
): LakePaths => ({
  data: `s3://${bucket}/lake/${domain}/${dataset}`,
  quarantine: `s3://${bucket}/quarantine/${domain}/${dataset}`,
  deliveries: `s3://${bucket}/deliveries/${domain}/${dataset}`,
});

/**
 * What the names of all that one run over a delivery makes start with. Two workers may hold the same delivery: names of
 * their own keep one from overwriting the other's files.
 */
export const newPrefix = (delivery: string): string => `${delivery}_${randomBytes(4).toString('hex')}`;

export interface Published {
  readonly path: string;
  /** Everything that was put, the manifest among it. */
  readonly all: readonly string[];
}

/** A key of S3 has at most 1,024 bytes. */
const LONGEST = 100;

/** Partition folders as Hive names them; the values are Iceberg's. Readers go by the manifests, people by this. */
const folder = (file: DataFile): string =>
  Object.entries(file.partition)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? 'null').slice(0, LONGEST)}/`)
    .join('');

/** A file under the path it is to have in a table. */
export function placed(file: DataFile, location: string, prefix: string): DataFile {
  const own = file.path.slice(file.path.lastIndexOf('/') + 1);
  // Files are told apart by their delivery, which their names start with; other engines have names of their own.
  const name = own.startsWith(prefix) ? own : `${prefix}_${own.replaceAll('_', '-')}`;
  // Two partitions may hold files of the same name; the folder keeps them apart, the hash keeps S3 from hot prefixes.
  const spread = createHash('md5').update(file.path).digest('hex').slice(0, 4);
  return {
    ...file,
    path: `${location}/data/${folder(file)}${name.replace(/\.parquet$/, `_${spread}.parquet`)}`,
  };
}

/** Puts the file at a path where it is to be. */
export type Put = (target: string, path: string) => Promise<void>;

/** Puts the files of a manifest into the lake and then the manifest, with the paths it now has. */
export async function publish(
  manifest: Manifest,
  prefix: string,
  put: Put,
  { objects, lakeBucket }: { objects: ObjectStore; lakeBucket: string },
): Promise<Published> {
  const [domain = '', dataset = ''] = manifest.dataset.split('.');
  const locations = lakePaths(lakeBucket, { domain, dataset });
  const data = manifest.data.map((file) => ({ file, target: placed(file, locations.data, prefix) }));
  const quarantine = manifest.quarantine.map((file) => ({
    file,
    target: placed(file, locations.quarantine, prefix),
  }));
  await Promise.all([...data, ...quarantine].map(({ file, target }) => put(target.path, file.path)));
  const path = `${locations.deliveries}/${prefix}.manifest.json`;
  const final: Manifest = {
    ...manifest,
    data: data.map((f) => f.target),
    quarantine: quarantine.map((f) => f.target),
  };
  await objects.write(path, formatManifest(final));
  return { path, all: [...[...data, ...quarantine].map((f) => f.target.path), path] };
}
