/** What is said of an error in logs and in the ledger. Row values never are, and most libraries quote what they choke on. */
import { WharfError } from '../core/errors.ts';

/** An error without words that may be a row's. */
export interface Told {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown: the stack's frames, without the words above them. */
  readonly at?: string;
}

/** DuckDB's kinds of error, as its messages begin. */
const kinds =
  /^(Out of Memory|IO|Invalid Input|Invalid|Conversion|Out of Range|Mismatch Type|Binder|Parser|Catalog|Constraint|Serialization|Not implemented|Interrupt|TransactionContext|INTERNAL|FATAL) Error:/;

/** Which kind of error of DuckDB it is: `Conversion`, `Out of Memory` …; undefined where it is another's. */
export const duckdbKind = (error: unknown): string | undefined =>
  kinds.exec(String((error as Error | undefined)?.message))?.[1];

/** Ours are written with care, and AWS tells of requests, not of what is in them. */
const isCareful = (error: object): boolean => error instanceof WharfError || '$metadata' in error;

/** @example tell(new SyntaxError('Unexpected token in "Asha Rao"')).message // 'SyntaxError, its words withheld …' */
export function tell(thrown: unknown): Told {
  const error: Partial<Error> & { code?: unknown } = Object(thrown);
  const { name = 'Error', message = '', stack = '' } = error;
  const code = typeof error.code === 'string' ? error.code : undefined;
  const kind = duckdbKind(error);
  const what = kind ? `${kind} error of the engine` : [name, code].filter(Boolean).join(' ');
  const words = stack.indexOf(message);
  return {
    name,
    code,
    message: isCareful(error) ? message : `${what}: its words are withheld, for they may quote a row`,
    at: words < 0 ? undefined : stack.slice(words + message.length).trim() || undefined,
  };
}
