/** Iceberg's binary form of single values, from the text DuckDB prints: bounds in manifests, for pruning. */

const number = (bytes: number, set: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(bytes));
  set(view);
  return new Uint8Array(view.buffer);
};

const DAY = 86_400_000;
const long = (value: bigint): Uint8Array => number(8, (view) => view.setBigInt64(0, value, true));
const int = (value: number): Uint8Array => number(4, (view) => view.setInt32(0, value, true));

/** Days since 1970 of `2024-01-31`; a whole number, as the day transform gives, is such days already. */
export const epochDay = (text: string): number =>
  /^-?\d+$/.test(text) ? Number(text) : Math.round(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY);

/** Microseconds since 1970 of `2024-01-31 10:00:00.123456+00`. */
export function epochMicros(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00(?::00)?|Z)?$/.exec(text);
  if (!match) throw new RangeError(`not a UTC timestamp: ${text}`);
  const [, day, time, fraction = ''] = match;
  return BigInt(Date.parse(`${day}T${time}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** Big-endian two's complement in as few bytes as it takes, of the unscaled value. */
export function decimalBytes(text: string, scale: number): Uint8Array {
  const [whole = '', fraction = ''] = text.split('.');
  const unscaled = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`);
  const bytes: number[] = [];
  let rest = unscaled;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && bytes[0]! < 0x80) || (rest === -1n && bytes[0]! >= 0x80)));
  return Uint8Array.from(bytes);
}

const encoders: Readonly<Record<string, (text: string) => Uint8Array>> = {
  string: (text) => new TextEncoder().encode(text),
  long: (text) => long(BigInt(text)),
  int: (text) => int(Number(text)),
  double: (text) => number(8, (view) => view.setFloat64(0, Number(text), true)),
  // Statistics say 1, partition keys say true.
  boolean: (text) => Uint8Array.of(text === 'true' || text === '1' ? 1 : 0),
  date: (text) => int(epochDay(text)),
  timestamptz: (text) => long(epochMicros(text)),
};

/** A value in binary. */
export function encodeValue(type: string, text: string): Uint8Array {
  const scale = /^decimal\(\d+, (\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? encoders[type]!(text) : decimalBytes(text, Number(scale));
}

/** `2024-01-31 10:00:00.123456+00` of microseconds since 1970. */
function instantOf(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}.${String(fraction).padStart(6, '0')}+00`;
}

function decimalOf(bytes: Uint8Array, scale: number): string {
  const unscaled = BigInt.asIntN(
    bytes.length * 8,
    bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  );
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${unscaled < 0n ? '-' : ''}${whole}${scale ? `.${digits.slice(-scale)}` : ''}`;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const decoders: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  string: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  long: (bytes) => String(view(bytes).getBigInt64(0, true)),
  int: (bytes) => String(view(bytes).getInt32(0, true)),
  double: (bytes) => String(view(bytes).getFloat64(0, true)),
  boolean: (bytes) => String(bytes[0] === 1),
  date: (bytes) => String(view(bytes).getInt32(0, true)),
  timestamptz: (bytes) => instantOf(view(bytes).getBigInt64(0, true)),
};

/** The text of a value in binary: what {@link encodeValue} makes the same of. A date comes as days since 1970. */
export function decodeValue(type: string, bytes: Uint8Array): string {
  const scale = /^decimal\(\d+, (\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? decoders[type]!(bytes) : decimalOf(bytes, Number(scale));
}

/** Texts are cut to this many code points in bounds: enough to prune, small enough to keep. */
const WIDTH = 16;

/** A lower or an upper bound; undefined where none can be given (no value, or no larger text exists). */
export function encodeBound(
  type: string,
  text: string | undefined,
  side: 'lower' | 'upper',
): Uint8Array | undefined {
  if (text === undefined || (type === 'double' && !Number.isFinite(Number(text)))) return undefined;
  // Zero has two signs that compare as equal: bounds take in both, whichever the file holds.
  if (type === 'double' && Number(text) === 0) return encodeValue(type, side === 'lower' ? '-0' : '0');
  const points = type === 'string' ? [...text] : [];
  if (points.length <= WIDTH) return encodeValue(type, text);
  const cut = points.slice(0, WIDTH);
  const bound = side === 'lower' ? cut.join('') : increment(cut);
  return bound === undefined ? undefined : encodeValue(type, bound);
}

/** The smallest text above all that start with these characters. */
function increment(points: readonly string[]): string | undefined {
  for (let i = points.length - 1; i >= 0; i--) {
    const next = points[i]!.codePointAt(0)! + 1;
    const point = next >= 0xd800 && next <= 0xdfff ? 0xe000 : next;
    if (point <= 0x10ffff) return points.slice(0, i).join('') + String.fromCodePoint(point);
  }
  return undefined;
}
