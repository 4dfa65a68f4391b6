/** What happens to what was found: RetailOS's rules of approval, and what no rule may approve. */
import type { Finding } from './model.ts';

/** From here on a change is sure enough to approve itself. */
export const SURE = 0.75;
/** So many may, together. */
const TOGETHER = 3;
/** More changes than this that are not sure: the file is probably not what it should be. */
const MANY = 5;

/** `none`: nothing is to change. `self`: approved by itself. `ask`: somebody decides. `quarantine`: nothing is taken in. */
export interface Decision {
  readonly verdict: 'none' | 'self' | 'ask' | 'quarantine';
  readonly why: string;
}

/** Findings that would change the contract. */
export const changes = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ change }) => change !== undefined);

/** @example decide([{ kind: 'new', confidence: 0.9, … }]).verdict // 'self' */
export function decide(findings: readonly Finding[]): Decision {
  const asked = changes(findings);
  const unsure = asked.filter(({ confidence }) => confidence < SURE);
  const unsafe = asked.find((finding) => finding.unsafe);
  if (asked.length === 0) return { verdict: 'none', why: 'Nothing in the contract has to change' };
  if (unsure.length > MANY)
    return {
      verdict: 'quarantine',
      why: `${unsure.length} of ${asked.length} changes have a confidence below ${SURE}: the file is probably not what it should be`,
    };
  if (unsafe)
    return {
      verdict: 'ask',
      why: `${unsafe.field ?? unsafe.column}: ${unsafe.unsafe}`,
    };
  if (unsure.length > 0)
    return {
      verdict: 'ask',
      why: `${unsure.length} of ${asked.length} changes have a confidence below ${SURE}`,
    };
  if (asked.length > TOGETHER)
    return { verdict: 'ask', why: `${asked.length} changes at once: up to ${TOGETHER} approve themselves` };
  return {
    verdict: 'self',
    why: `${asked.length === 1 ? 'The change has' : `All ${asked.length} changes have`} a confidence of at least ${SURE}`,
  };
}
