/** What fetching makes of a landed file: one of three forms the engine reads, or a reason why not. */

export interface FetchLimits {
  readonly decompressedBytes: number;
  readonly compressionRatio: number;
  readonly rowBytes: number;
  readonly columns: number;
  readonly nesting: number;
}

interface Common {
  /** The normalized file on local disk. */
  readonly path: string;
  /** Bytes as they landed, before decompression. */
  readonly bytes: number;
  /** Of the bytes as they landed. */
  readonly sha256: string;
  /** NDJSON of `{ line, raw }`: what had to be cut out because no reader can split it; absent when there is none. */
  readonly cutOut?: string;
}

/** What the engine must know to read a file. */
export type Shape =
  | {
      readonly format: 'csv';
      readonly delimiter: string;
      readonly header: readonly string[];
      readonly encoding: string;
      /**
       * Where a record can start. `lines`: after any line end. `quoted`: after one that an even number of quotes stands
       * before. `unknown`: neither; quotes are data in places, and line ends in others.
       */
      readonly records: 'lines' | 'quoted' | 'unknown';
    }
  | { readonly format: 'ndjson'; readonly lines: 'native' | 'split' | 'xml' }
  | { readonly format: 'parquet' };

export type Fetched = Common & Shape;

export type FetchResult =
  | { readonly ok: true; readonly file: Fetched }
  | { readonly ok: false; readonly reason: string; readonly bytes: number; readonly sha256?: string };

/** Thrown inside fetching and turned into a result at its door: the file is at fault, not the program. */
export class FileFault extends Error {
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}
