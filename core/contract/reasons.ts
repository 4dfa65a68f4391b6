/**
 * Why a row or a file was refused: a closed vocabulary. A reason is text that groups well in SQL:
 * `<code>`, `<code>:<subject>` or `type_mismatch:<field>:expected_<kind>_got_<kind>`.
 */
export const rowReasons = {
  missing_required_column: 'The file has no such column at all.',
  missing_required_value: 'The value is missing or empty, and the field is required.',
  type_mismatch: 'The text cannot be read as the type the contract names.',
  out_of_range:
    'The value has the right type but lies outside the limits (size, length, precision or date range).',
  not_in_enum: 'The value is not one of those the contract lists.',
  pattern_mismatch: 'The text does not match the pattern of the contract.',
  rule_failed: 'A rule that compares several fields does not hold.',
  duplicate_key: 'An earlier row of the same delivery has the same key.',
  duplicate_row: 'An earlier row of the same delivery is the same in every column.',
  unknown_reference:
    'The key this value points to does not exist in the referenced dataset. Kept for later: no row is refused for it.',
  malformed_row: 'The line or element cannot be split into the columns of the file; it is kept verbatim.',
} as const;

/** Why a file was refused whole. The file itself stays in the landing zone. */
export const fileReasons = {
  unknown_dataset: 'The key names no dataset: landing/<domain>/<dataset>/… is expected.',
  invalid_key: 'The key holds `..`, an empty segment or an encoded slash.',
  overwrite_rejected: 'The contract refuses new content under a key that was already ingested.',
  empty_file: 'The file has no bytes, or none after decompression.',
  missing_header: 'The first line is blank: a header with the column names is expected.',
  unknown_header: 'No column name matches a field of the contract: is the header missing?',
  duplicate_column: 'Two columns have the same name.',
  too_many_columns: 'The file has more columns than the limit.',
  unreadable_file: 'The bytes are not what the format promises (truncated, corrupt).',
  too_large: 'The file is larger than the limit, or grows too much when decompressed.',
  unsupported_format: 'The content is none of CSV, NDJSON, JSON, Parquet or XML.',
  nesting_too_deep: 'The document is nested deeper than the limit.',
  schema_drift:
    'Its columns changed too much to be taken in, or the change was rejected: `wharf drift show` has the evidence.',
  object_missing: 'The object was deleted or replaced before it could be read.',
} as const;

export type RowReason = keyof typeof rowReasons;
export type FileReason = keyof typeof fileReasons;

/** What a value looked like, for `type_mismatch`. */
export type Got = 'int' | 'float' | 'boolean' | 'object' | 'list' | 'string';

/** @example reason('out_of_range', 'quantity') // 'out_of_range:quantity' */
export const reason = (code: RowReason | FileReason, subject?: string): string =>
  subject === undefined ? code : `${code}:${subject}`;

/** @example typeMismatch('quantity', 'int', 'string') // 'type_mismatch:quantity:expected_int_got_string' */
export const typeMismatch = (path: string, expected: string, got: Got): string =>
  `type_mismatch:${path}:expected_${expected}_got_${got}`;

/** What a reason means, in a sentence. */
export function explain(text: string): string {
  const code = text.split(':', 1)[0] as RowReason | FileReason;
  return { ...rowReasons, ...fileReasons }[code] ?? 'Not a reason of this version of Wharf.';
}
