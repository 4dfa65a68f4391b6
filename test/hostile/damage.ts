/** How files get damaged: arbitraries that draw a file and what happens to its bytes on the way. */
import fc from 'fast-check';
import { packings, type SoundFile } from './files.ts';

/** A place in a file, as a share of its length: it holds for files of any length, and shrinks. */
const SHARES = 10_000;
const place = fc.oneof(fc.integer({ min: 0, max: SHARES }), fc.integer({ min: SHARES - 400, max: SHARES }));
const at = (bytes: Buffer, share: number): number => Math.floor((bytes.length * share) / SHARES);

/** What tends to break readers. */
const tokens = [
  ...['\0', '"', '""', '"""', '\r', '\n', '\r\n', ',', ';', '\t', '|', '\\', '\\"', "'"],
  ...['[', ']', '{', '}', '[[[[', '{"":', ':', '\\u0000', '\\ud800', 'null', 'true', '{}', '[]'],
  ...['<', '>', '&', '&#0;', ']]>', '<![CDATA[', '<!--', '<!DOCTYPE a>', '<a/>', '</rows>', '<row>'],
  ...['1e999', '-0', 'NaN', '9'.repeat(400), '0'.repeat(50), '1.', '-', '1_000', '0x1F', '٣', ' '],
  ...['\x1f\x8b\x08', '\x28\xb5\x2f\xfd', 'PAR1', '\xff', '\xc3', '\xed\xa0\x80', '\xef\xbb\xbf', '\xff\xfe'],
  ...['\xff\xff\xff\xff', '\xff\xff\xff\x7f', '\0\0\0\0', '\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01'],
  ...['x'.repeat(5000), '\n'.repeat(300), '['.repeat(300), ','.repeat(300)],
].map((token) => Buffer.from(token, [...token].every((c) => c < '\u0100') ? 'latin1' : 'utf8'));

type Change = (bytes: Buffer) => Buffer;
const { concat } = Buffer;
const put = (bytes: Buffer, from: number, to: number, what: Uint8Array): Buffer =>
  concat([bytes.subarray(0, from), what, bytes.subarray(to)]);

const length = fc.integer({ min: 1, max: 300 });
/** A change with the words that tell it, for the report of a failure. */
interface Damage {
  readonly told: string;
  readonly change: Change;
}

const flip = fc.record({ share: place, bit: fc.integer({ min: 0, max: 7 }) }).map(
  ({ share, bit }): Damage => ({
    told: `flip bit ${bit} at ${share}`,
    change: (bytes) => {
      const i = Math.min(at(bytes, share), bytes.length - 1);
      return i < 0 ? bytes : put(bytes, i, i + 1, Buffer.of(bytes[i]! ^ (1 << bit)));
    },
  }),
);
const overwrite = fc.record({ share: place, token: fc.constantFrom(...tokens) }).map(
  ({ share, token }): Damage => ({
    told: `overwrite at ${share} with ${JSON.stringify(token.toString('latin1').slice(0, 20))}`,
    change: (bytes) => put(bytes, at(bytes, share), at(bytes, share) + token.length, token),
  }),
);
const insert = fc
  .record({ share: place, what: fc.oneof(fc.constantFrom(...tokens), fc.uint8Array({ maxLength: 20 })) })
  .map(
    ({ share, what }): Damage => ({
      told: `insert at ${share} ${JSON.stringify(Buffer.from(what).toString('latin1').slice(0, 20))}`,
      change: (bytes) => put(bytes, at(bytes, share), at(bytes, share), what),
    }),
  );
const remove = fc.record({ share: place, length }).map(
  (drawn): Damage => ({
    told: `remove ${drawn.length} at ${drawn.share}`,
    change: (bytes) => put(bytes, at(bytes, drawn.share), at(bytes, drawn.share) + drawn.length, Buffer.of()),
  }),
);
const repeat = fc.record({ from: place, to: place, length }).map(
  (drawn): Damage => ({
    told: `repeat ${drawn.length} of ${drawn.from} at ${drawn.to}`,
    change: (bytes) => {
      const from = at(bytes, drawn.from);
      return put(bytes, at(bytes, drawn.to), at(bytes, drawn.to), bytes.subarray(from, from + drawn.length));
    },
  }),
);
const truncate = place.map(
  (share): Damage => ({
    told: `cut off at ${share}`,
    change: (bytes) => bytes.subarray(0, at(bytes, share)),
  }),
);
/** The start of one file and the end of another. */
const splice = (sound: readonly SoundFile[]) =>
  fc.record({ other: fc.constantFrom(...sound), here: place, there: place }).map(
    ({ other, here, there }): Damage => ({
      told: `from ${here} on as ${other.dataset} ${other.name} from ${there} on`,
      change: (bytes) =>
        concat([bytes.subarray(0, at(bytes, here)), other.bytes.subarray(at(other.bytes, there))]),
    }),
  );

const swapped = (bytes: Buffer): Buffer =>
  (bytes.length % 2 ? concat([bytes, Buffer.of(0)]) : Buffer.from(bytes)).swap16();
const encodings: Readonly<Record<string, Change>> = {
  'utf-8 with a mark': (bytes) => concat([Buffer.from('\ufeff'), bytes]),
  'utf-16le': (bytes) => Buffer.from(`\ufeff${bytes}`, 'utf16le'),
  'utf-16be': (bytes) => swapped(Buffer.from(`\ufeff${bytes}`, 'utf16le')),
  'utf-16le without a mark': (bytes) => Buffer.from(String(bytes), 'utf16le'),
  latin1: (bytes) => Buffer.from(String(bytes), 'latin1'),
};
const recode = fc
  .constantFrom(...Object.entries(encodings))
  .map(([name, change]): Damage => ({ told: `as ${name}`, change }));

/** A file as it arrives: its bytes, its name, and what happened to it. */
export interface Arrival {
  readonly dataset: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether it is looked at once more. */
  readonly twice: boolean;
  readonly story: string;
  toString(): string;
}

const endings = [
  '',
  '.csv',
  '.tsv',
  '.json',
  '.ndjson',
  '.xml',
  '.parquet',
  '.txt',
  '.gz',
  '.csv.zst',
  '.CSV',
];

/** Draws a file of a dataset, damaged before it was packed, after that, or not at all. */
export function arrivals(sound: readonly SoundFile[]): fc.Arbitrary<Arrival> {
  const small = fc.oneof(flip, overwrite, insert, remove, repeat, truncate);
  const any = fc.oneof({ weight: 12, arbitrary: small }, splice(sound), recode);
  return fc
    .record({
      file: fc.constantFrom(...sound),
      inside: fc.array(any, { maxLength: 4 }),
      packing: fc.constantFrom(...Object.keys(packings)),
      outside: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(small, { maxLength: 2 })),
      twice: fc.boolean(),
      ending: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, fc.constantFrom(...endings)),
    })
    .map(({ file, inside, packing, outside, twice, ending }) => {
      const through = (bytes: Buffer, damage: readonly Damage[]) =>
        damage.reduce((now, { change }) => change(now), bytes);
      const bytes = through(packings[packing]!(through(file.bytes, inside)), outside);
      const name = ending === undefined ? `${file.name}${packing}` : `file${ending}`;
      const told = (damage: readonly Damage[]) => damage.map((one) => one.told);
      const story = [
        `${file.dataset} ${file.name}`,
        ...told(inside),
        `packed '${packing}'`,
        ...told(outside),
      ].join('; ');
      return {
        dataset: file.dataset,
        name,
        bytes,
        twice,
        story,
        toString: () => `${name} (${bytes.length} bytes): ${story}`,
      };
    });
}

/** How many files are drawn, and which: anew each time, unless a seed is given. */
export function fuzzRuns(usual: number) {
  const { WHARF_FUZZ_RUNS: numRuns = usual, WHARF_SEED: seed } = process.env;
  return { numRuns: Number(numRuns), ...(seed ? { seed: Number(seed) } : {}), verbose: 0 };
}
