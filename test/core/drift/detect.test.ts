/** Drift against a known truth: two hundred changed deliveries. */
import { describe, expect, it } from '@jest/globals';
import { changes, decide } from '../../../core/drift/decide.ts';
import { detect } from '../../../core/drift/detect.ts';
import type { Finding } from '../../../core/drift/model.ts';
import { type Changed, changedDeliveries, type Expected, ordinaryDeliveries } from './changes.ts';

const seed = Number(process.env.WHARF_SEED ?? 1);
const all = [...changedDeliveries(200, seed)].map((changed) => ({
  changed,
  findings: detect(changed.contract, changed.sample, changed.history).findings,
}));

const isOf = (finding: Finding, { kind, field, column }: Expected): boolean =>
  finding.kind === kind &&
  (field === undefined || finding.field === field) &&
  (column === undefined || finding.column === column);

const found = ({ truth }: Changed, findings: readonly Finding[]): boolean =>
  truth.every((expected) => findings.some((finding) => isOf(finding, expected)));

/** What was not found, for whoever has to find out why. */
const told = (of: typeof all) =>
  of.map(({ changed, findings }) => ({
    what: `${changed.contract.name}: ${changed.name}`,
    truth: changed.truth,
    findings: findings.map(({ kind, field, column, confidence }) => ({ kind, field, column, confidence })),
  }));

describe('drift', () => {
  it('finds at least 95 of 100 changes', () => {
    const missed = all.filter(({ changed, findings }) => !found(changed, findings));
    if (missed.length > 10) expect(told(missed)).toEqual([]);
    expect(all).toHaveLength(200);
  });

  it('tells a new name from one column that goes and another that comes, 90 times of 100', () => {
    const told = all.filter(({ changed }) => /new name|another comes/.test(changed.name));
    const right = told.filter(({ changed, findings }) => {
      const expected = changed.truth.filter(({ kind }) => kind === 'renamed');
      const renamed = findings.filter(({ kind }) => kind === 'renamed');
      return renamed.length === expected.length && expected.every((one) => renamed.some((f) => isOf(f, one)));
    });
    expect(told.length).toBeGreaterThanOrEqual(60);
    expect(right.length / told.length).toBeGreaterThanOrEqual(0.9);
  });

  it('never approves by itself what only a person may', () => {
    const self = all.filter(({ changed, findings }) => changed.unsafe && decide(findings).verdict === 'self');
    expect(told(self)).toEqual([]);
  });

  it('never approves by itself anything about a key, an identifier or a person, whatever the change was', () => {
    const touched = all
      .filter(({ findings }) => decide(findings).verdict === 'self')
      .flatMap(({ changed, findings }) =>
        changes(findings).flatMap(({ change }) => {
          const field = changed.contract.fields.find(({ name }) => name === change!.field);
          const guarded =
            field && (field.pii || changed.contract.key.includes(field.name) || field.type.is === 'id');
          const narrows = change!.change === 'optional' || change!.change === 'retype';
          return guarded || narrows ? [change] : [];
        }),
      );
    expect(touched).toEqual([]);
  });

  it('finds nothing in deliveries that are like those before them', () => {
    const found = [1, 2, 3]
      .flatMap(ordinaryDeliveries)
      .flatMap(({ contract, sample, history }) =>
        detect(contract, sample, history).findings.map(
          ({ kind, field }) => `${contract.name} ${field} ${kind}`,
        ),
      );
    expect(found).toEqual([]);
  }, 60_000);
});
