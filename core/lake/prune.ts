/** Which files may hold a value, by the bounds that their manifests keep. */
import { decodeValue } from './bounds.ts';
import type { ManifestFileEntry } from './manifest-file.ts';
import type { IcebergSchema, IcebergType } from './schema.ts';

/** How a value compares with a bound; types that are not here are looked up in every file. */
const compare: Readonly<Record<string, (value: string, bound: Uint8Array) => number>> = {
  string: (value, bound) => Buffer.compare(Buffer.from(value), bound),
  long: (value, bound) => {
    const [a, b] = [BigInt(value), BigInt(decodeValue('long', bound))];
    return a < b ? -1 : a > b ? 1 : 0;
  },
};

const isText = (type: IcebergType | undefined): type is string => typeof type === 'string';

/**
 * Whether a file may hold rows whose columns have these values, as text. Bounds of texts are cut, the lower down and
 * the upper up: both still hold.
 */
export function mayHold(
  file: Pick<ManifestFileEntry, 'lower_bounds' | 'upper_bounds'>,
  values: Readonly<Record<string, string>>,
  { fields }: IcebergSchema,
): boolean {
  return Object.entries(values).every(([name, value]) => {
    const field = fields.find((f) => f.name === name);
    const type = field?.type;
    const by = isText(type) ? compare[type] : undefined;
    const [low, high] = [file.lower_bounds, file.upper_bounds].map(
      (bounds) => bounds?.find(({ key }) => key === field?.id)?.value,
    );
    if (!by || (type === 'long' && !/^-?\d+$/.test(value))) return true;
    return !(low && by(value, low) < 0) && !(high && by(value, high) > 0);
  });
}
