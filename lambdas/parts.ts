import type { Contract } from '../core/contract/model.ts';
import type { Clients } from '../platform/aws.ts';
import type { Warehouse } from '../platform/distribute/model.ts';
import type { Engine } from '../platform/engine/duckdb.ts';
import type { Distributed } from '../platform/ingest/ingest.ts';

/** What a handler is built from, for tests that bring their own. */
export interface Parts {
  /** @default the datasets of this repository */
  readonly find?: (dataset: string) => Contract | undefined;
  /** @default clients for the environment */
  readonly clients?: Clients;
  /** @default one of the function's own, opened for its first file */
  readonly engine?: () => Promise<Engine>;
  /** @default the state machine the environment names, if it does */
  readonly distributed?: Distributed;
  /** @default Glue's, for Athena */
  readonly warehouse?: Warehouse;
}
