/** The real Online Retail data, where it stands beside the repository: 305 files, counted independently. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { testCloud } from './support.ts';

const archive = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'online-retail-by-day.tar.gz');
const there = existsSync(archive);

interface Month {
  rows: number;
  /** Revenue in ten-thousandths of a pound. */
  revenue: bigint;
}

/** Lines and revenue by month, counted with another parser: equal lines of a file once, prices below zero not at all. */
function count(text: string, months: Map<string, Month>): number {
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const seen = new Set<string>();
  for (const row of rows) {
    const identity = JSON.stringify(row);
    const [whole = '', fraction = ''] = row.UnitPrice!.split('.');
    if (whole.startsWith('-') || seen.has(identity)) continue;
    seen.add(identity);
    const name = row.InvoiceDate!.slice(0, 7);
    const month = months.get(name) ?? { rows: 0, revenue: 0n };
    month.rows++;
    month.revenue +=
      BigInt(Math.trunc(Number(row.Quantity))) * BigInt(whole + fraction.padEnd(4, '0').slice(0, 4));
    months.set(name, month);
  }
  return rows.length;
}

(there ? describe : describe.skip)(
  `the real data${there ? '' : ' (left out: ../shared/data is not here)'}`,
  () => {
    it('lands with balanced books, and its months are what an independent count says', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'wharf-real-'));
      execFileSync('tar', ['-xzf', archive, '-C', dir]);
      await using cloud = await testCloud();
      const months = new Map<string, Month>();
      let read = 0;
      for (const name of (await readdir(join(dir, 'by-day'))).sort()) {
        const body = await readFile(join(dir, 'by-day', name));
        read += count(body.toString('utf8'), months);
        await cloud.put(`landing/onlineretail/invoice_lines/${name}`, body);
      }
      await rm(dir, { recursive: true, force: true });
      await cloud.cloud.idle();
      const deliveries = await cloud.deliveries('onlineretail.invoice_lines');
      const sum = (of: (d: (typeof deliveries)[number]) => number) =>
        deliveries.reduce((n, d) => n + of(d), 0);
      expect({ files: deliveries.length, read, ledger: sum((d) => d.read) }).toEqual({
        files: 305,
        read: 541_909,
        ledger: 541_909,
      });
      expect(sum((d) => d.accepted + d.quarantined + d.duplicate)).toBe(541_909);
      expect(sum((d) => d.duplicate)).toBe(5268);
      const rows = await cloud.rows(
        `SELECT strftime(invoice_date, '%Y-%m') AS month, count(*) AS rows, CAST(sum(quantity * unit_price) * 10000 AS BIGINT) AS revenue FROM onlineretail.invoice_lines GROUP BY ALL ORDER BY month`,
      );
      const expected = [...months]
        .sort()
        .map(([month, m]) => ({ month, rows: String(m.rows), revenue: String(m.revenue) }));
      expect(rows).toEqual(expected);
    }, 240_000);
  },
);
