/** `wharf drift` as its users run it; with the two real editions of Online Retail, where they stand beside the repository. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import type { Approval } from '../../core/drift/approval.ts';
import { root, type Workplace, workplace } from './support.ts';

const archive = join(root, '..', 'shared', 'data', 'online-retail-by-day.tar.gz');
const there = existsSync(archive);
const DATASET = 'onlineretail.invoice_lines';

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(() => place[Symbol.asyncDispose]());

/** Lines of a day of the real data, under the header of one of its editions. */
async function edition(day: string, header: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-edition-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', dir, `by-day/${day}.csv`]);
    const text = await readFile(join(dir, 'by-day', `${day}.csv`), 'utf8');
    return header + text.slice(text.indexOf('\n'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

(there ? describe : describe.skip)(
  `the two editions of the real data${there ? '' : ' (left out: ../shared/data is not here)'}`,
  () => {
    it('land in one table after one approval', async () => {
      const [first, second] = [place.file('first.csv'), place.file('second.csv')];
      await writeFile(
        first,
        await edition(
          '2010-12-01',
          'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
        ),
      );
      await writeFile(
        second,
        await edition(
          '2010-12-02',
          '\ufeffInvoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country',
        ),
      );
      expect((await place.run('land', DATASET, first)).code).toBe(0);
      const [held] = await place.json<{ state: string; delivery: string }[]>('land', DATASET, second);
      expect(held!.state).toBe('held');
      const waiting = await place.json<Approval[]>('drift', 'list');
      expect(waiting.map(({ deliveries, state }) => ({ deliveries, state }))).toEqual([
        { deliveries: [held!.delivery], state: 'pending' },
      ]);
      const { approval, findings } = waiting[0]!;
      expect(
        findings.filter(({ kind }) => kind === 'renamed').map(({ column, field }) => [column, field]),
      ).toEqual(
        expect.arrayContaining([
          ['Price', 'unit_price'],
          ['Invoice', 'invoice_no'],
        ]),
      );
      const shown = await place.run('drift', 'show', approval);
      expect(shown.stdout).toContain('The name "Price" is');
      const approved = await place.json<{ entries: unknown[]; version: number }>(
        ...['drift', 'approve', approval, '--why', 'the second edition', '--by', 'ada'],
      );
      expect(approved).toMatchObject({ version: 1, entries: [{ state: 'committed', quarantined: 0 }] });
      const rows = await place.json<Record<string, unknown>[]>(
        'query',
        `SELECT strftime(invoice_date, '%Y-%m-%d') AS day, count(*) AS lines, count(invoice_no) AS numbers, count(unit_price) AS prices, count(customer_id) > 0 AS customers FROM ${DATASET} GROUP BY ALL ORDER BY ALL`,
      );
      expect(rows).toEqual(
        [
          ['2010-12-01', 3064],
          ['2010-12-02', 2068],
        ].map(([day, lines]) => ({ day, lines, numbers: lines, prices: lines, customers: true })),
      );
      const diff = await place.run('drift', 'diff', DATASET);
      expect(diff.stdout).toContain('let unit_price go by the name "Price" as well');
      expect((await place.run('fsck', DATASET)).code).toBe(0);
    }, 120_000);
  },
);

describe('wharf drift', () => {
  it('shows why a decision over the API was not done', async () => {
    const asked: Approval = {
      ...{ approval: 'a1', dataset: DATASET, state: 'pending', verdict: 'ask', why: 'unsure', version: 0 },
      ...{ findings: [], asked_at: '2026-01-01T00:00:00.000Z', deliveries: [] },
    };
    const refused: Approval['refused'] = {
      ...{ decision: 'undo', by: 'lin', why: 'a mistake', at: '2026-01-02T00:00:00.000Z' },
      ...{ code: 'approval.decided', message: 'The approval a1 is pending' },
    };
    {
      await using installation = await openInstallation(place.state);
      await installation.drift.ask(asked);
      await installation.drift.decide('a1', { refused }, ['pending']);
    }
    const { stdout } = await place.run('drift', 'show', 'a1');
    expect(stdout).toContain(
      'not done: to undo it, as lin said at 2026-01-02 00:00: The approval a1 is pending',
    );
    expect(await place.json('drift', 'show', 'a1')).toMatchObject({ state: 'pending', refused });
  }, 60_000);

  it('says what to do about an approval there is not', async () => {
    const { code, stderr } = await place.run('drift', 'approve', 'nothing', '--why', 'x');
    expect({ code, said: stderr }).toMatchObject({
      code: 2,
      said: expect.stringContaining('wharf drift list'),
    });
  }, 60_000);
});
