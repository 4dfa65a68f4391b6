/** Makes approved changes part of a contract, as its next version. */
import { changesAt, type Version, versionOf } from '../../core/contract/versions.ts';
import { type Approval, changesOf } from '../../core/drift/approval.ts';
import { WharfError } from '../../core/errors.ts';
import type { DriftStore } from './store.ts';

/** Who decides, and why. */
export interface Word {
  readonly by: string;
  readonly why: string;
}

interface AdoptDeps {
  readonly drift: DriftStore;
  readonly now: () => Date;
  /** Refuses a contract that the tables cannot follow. @throws WharfError */
  readonly check?: (changes: ReturnType<typeof changesAt>) => Promise<void>;
}

/** How often it starts anew when somebody else made a version meanwhile. */
const ATTEMPTS = 8;

/** Adds a version, whatever others do at the same time. @param make undefined: it is there already */
async function addVersion(
  dataset: string,
  make: (versions: readonly Version[]) => Promise<Version | undefined>,
  drift: DriftStore,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const versions = await drift.versions(dataset);
    const version = await make(versions);
    if (!version || (await drift.addVersion(dataset, versions, version))) return;
  }
  throw new WharfError(`Others change the contract of ${dataset} all the time`, {
    code: 'drift.busy',
    route: 'transient',
  });
}

/** Approves changes: the contract's next version, then the log. Twice is once. */
export async function adopt(approval: Approval, { by, why }: Word, deps: AdoptDeps): Promise<void> {
  const { drift, now, check } = deps;
  const at = now().toISOString();
  await addVersion(
    approval.dataset,
    async (versions) => {
      if (versionOf(versions, approval.approval)) return undefined;
      const changes = changesOf(approval);
      await check?.([...changesAt(versions), ...changes]);
      return { version: versions.length + 1, at, by, why, approval: approval.approval, changes };
    },
    drift,
  );
  await drift.decide(approval.approval, { state: 'approved', decided_at: at, by, reason: why }, ['pending']);
}

/** Takes an approval back: another version, without its changes. What was written with them stays. Twice is once. */
export async function withdraw(approval: Approval, { by, why }: Word, deps: AdoptDeps): Promise<void> {
  const { drift, now } = deps;
  const at = now().toISOString();
  await addVersion(
    approval.dataset,
    async (versions) => {
      const undoes = versionOf(versions, approval.approval)?.version;
      if (undoes === undefined) return undefined;
      return {
        ...{ version: versions.length + 1, at, by, why },
        ...{ approval: approval.approval, changes: [], undoes },
      };
    },
    drift,
  );
  // From now on only a person approves it.
  const fields = {
    state: 'undone',
    verdict: 'ask',
    decided_at: at,
    by,
    reason: why,
  } as const;
  await drift.decide(approval.approval, fields, ['approved']);
}
