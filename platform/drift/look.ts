/** Looks at a delivery before it is judged: what has changed, whether that is approved, and whether the delivery waits. */
import type { Contract } from '../../core/contract/model.ts';
import { decide } from '../../core/drift/decide.ts';
import { type Detected, detect } from '../../core/drift/detect.ts';
import type { Sample } from '../../core/drift/model.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Fetched } from '../fetch/index.ts';
import type { Schemas } from '../ingest/schemas.ts';
import type { Limits } from '../limits.ts';
import { log } from '../log.ts';
import { tell } from '../tell.ts';
import { ask } from './ask.ts';
import { keep } from './keep.ts';
import type { FindContract } from './registry.ts';
import { sampleFile } from './sample.ts';
import type { DriftStore, KeptHistory } from './store.ts';

export interface LookDeps {
  readonly drift: DriftStore;
  readonly contract: FindContract;
  readonly schemas: Schemas;
  readonly engine: () => Promise<Engine>;
  readonly limits: Limits;
  readonly now: () => Date;
}

/** What becomes of a delivery. */
export type Outlook =
  /** It is judged, by the contract as it is now. */
  | { readonly go: true; readonly contract: Contract }
  /** It waits for the approval, or is not taken in at all. */
  | { readonly go: false; readonly state: 'held' | 'refused'; readonly approval: string };

/**
 * Looks at a fetched file. What approves itself is approved here, and holds for this delivery already.
 * @param decided somebody has decided about this delivery: it does not wait again
 */
export async function look(
  delivery: string,
  contract: Contract,
  file: Fetched,
  decided: boolean,
  deps: LookDeps,
): Promise<Outlook> {
  const { drift } = deps;
  const [kept, sample] = await Promise.all([
    drift.history(contract.name),
    sampleFile(file, contract, deps.engine, deps.limits).catch((error: Error) => {
      // A file that cannot be sampled can be judged: the engine says what is wrong with it.
      log.warn('no sample', { delivery, dataset: contract.name, error: error.name });
      return { columns: [], records: 0 };
    }),
  ]);
  if (sample.columns.length === 0) return { go: true, contract };
  const seen = detected(delivery, contract, sample, kept);
  // Where no column is a field's it is another file, or one without a header: the engine says so.
  if (!seen || seen.order.length === 0) return { go: true, contract };
  const decision = decide(seen.findings);
  const outlook: Outlook =
    decision.verdict === 'none'
      ? { go: true, contract }
      : await ask(delivery, contract, seen.findings, decision, decided, deps);
  if (outlook.go) await keep(seen, kept, contract.name, deps);
  return outlook;
}

/** What was found; a fault of ours in looking is no reason not to take a delivery in. */
function detected(
  delivery: string,
  contract: Contract,
  sample: Sample,
  kept: KeptHistory | undefined,
): Detected | undefined {
  try {
    return detect(contract, sample, kept?.history);
  } catch (error) {
    log.error('drift was not looked for', { delivery, dataset: contract.name, error: tell(error) });
    return undefined;
  }
}
