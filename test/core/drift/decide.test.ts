/** RetailOS's rules of approval. */
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../core/drift/decide.ts';
import type { Finding } from '../../../core/drift/model.ts';

const change = (confidence: number, unsafe?: string): Finding => ({
  ...{ kind: 'values', field: 'a', confidence, evidence: [], unsafe },
  change: { change: 'values', field: 'a', values: ['x'] },
});
const changes = (count: number, confidence: number): Finding[] =>
  Array.from({ length: count }, () => change(confidence));

describe('what happens to changes', () => {
  it.each<[string, Finding[], string]>([
    ['nothing changed', [], 'none'],
    ['what is only worth knowing', [{ kind: 'reordered', confidence: 1, evidence: [] }], 'none'],
    ['one that is sure', changes(1, 0.75), 'self'],
    ['one that is not', changes(1, 0.74), 'ask'],
    ['three that are sure', changes(3, 0.75), 'self'],
    ['four that are sure', changes(4, 1), 'ask'],
    ['three of which one is not sure', [...changes(2, 1), change(0.5)], 'ask'],
    ['five that are not sure', changes(5, 0.1), 'ask'],
    ['six that are not sure', changes(6, 0.1), 'quarantine'],
    ['six that are not sure and one that is', [...changes(6, 0.1), change(1)], 'quarantine'],
    ['one that is sure and for a person only', [change(1, 'it is of the key')], 'ask'],
  ])('%s', (_, findings, verdict) => {
    expect(decide(findings).verdict).toBe(verdict);
  });
});
