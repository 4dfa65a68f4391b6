/** Versions of a contract over the one in the code: what was approved, and what was taken back. */
import { type Change, evolve } from './change.ts';
import type { Contract } from './model.ts';

/** One step. Kept for good. */
export interface Version {
  /** From 1: the code's own contract is 0. */
  readonly version: number;
  readonly at: string;
  readonly by: string;
  readonly why: string;
  /** The approval it came of. */
  readonly approval: string;
  readonly changes: readonly Change[];
  /** The version it takes back, in the place of changes. */
  readonly undoes?: number;
}

/** The changes that hold at a version. @default the newest */
export function changesAt(versions: readonly Version[], version = versions.length): readonly Change[] {
  const until = versions.slice(0, version);
  const undone = new Set(until.flatMap(({ undoes }) => undoes ?? []));
  return until.filter((one) => !undone.has(one.version)).flatMap(({ changes }) => changes);
}

/** A contract of the code with the changes that hold now. */
export const contractAt = (base: Contract, versions: readonly Version[]): Contract =>
  evolve(base, changesAt(versions));

/** The version that holds what an approval brought; undefined where none does, or none does any more. */
export const versionOf = (versions: readonly Version[], approval: string): Version | undefined =>
  versions.findLast(
    (one) =>
      one.approval === approval &&
      one.undoes === undefined &&
      !versions.some(({ undoes }) => undoes === one.version),
  );
