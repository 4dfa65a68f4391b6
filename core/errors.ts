/** Where an error sends the work: `transient` is retried, `terminal` ends in a dead-letter queue, `usage` is the caller's to fix. */
export type Route = 'transient' | 'terminal' | 'usage';

export interface WharfErrorOptions {
  /** Stable, machine-readable: scripts and alarms match on it. `area.problem`, e.g. `contract.unknown_key`. */
  readonly code: string;
  /** What to do about it, in one sentence. */
  readonly fix?: string;
  /** @default 'terminal' */
  readonly route?: Route;
  readonly cause?: unknown;
}

/**
 * Every error Wharf raises on purpose. The message says what broke, the value received (never a row's value)
 * and what is allowed; `fix` says what to do.
 *
 * @example throw new WharfError('No dataset "retailos.orders"', { code: 'dataset.unknown', fix: 'Run `wharf datasets`.' });
 */
export class WharfError extends Error {
  override readonly name: string = 'WharfError';
  readonly code: string;
  readonly fix: string | undefined;
  readonly route: Route;

  constructor(what: string, { code, fix, route = 'terminal', cause }: WharfErrorOptions) {
    super(fix ? `${what}. ${fix}` : what, cause === undefined ? undefined : { cause });
    this.code = code;
    this.fix = fix;
    this.route = route;
  }
}
