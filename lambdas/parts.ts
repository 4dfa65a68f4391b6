import type { Contract } from '../core/contract/model.ts';
import type { Clients } from '../platform/aws.ts';

/** What a handler is built from, for tests that bring their own. */
export interface Parts {
  /** @default the datasets of this repository */
  readonly find?: (dataset: string) => Contract | undefined;
  /** @default clients for the environment */
  readonly clients?: Clients;
}
