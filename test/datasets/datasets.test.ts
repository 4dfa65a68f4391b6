import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Contract } from '../../core/contract/model.ts';
import { judgeRow } from '../../core/contract/row.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset, datasets, findDataset } from '../../datasets/index.ts';
import { good } from './good.ts';

const folder = new URL('../../datasets/', import.meta.url);
const each = datasets.map((contract): [string, Contract] => [contract.name, contract]);

describe('the list of datasets', () => {
  it('holds every file under datasets/, named after its path, once', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && path !== 'index.ts')
      .map((path) => path.replace(/\.ts$/, '').replace(/[\\/]/, '.'));
    expect(datasets.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it('finds a dataset by its name', () => {
    expect(dataset('retailos.stores').key).toEqual(['store_id']);
    expect(findDataset('retailos.stores')).toBe(dataset('retailos.stores'));
    expect(findDataset('retailos.orders')).toBeUndefined();
  });

  it('names the nearest dataset when the name is wrong', () => {
    const lookup = () => dataset('retailos.transaction');
    expect(lookup).toThrow(WharfError);
    expect(lookup).toThrow(/Did you mean "retailos\.transactions"\?/);
    expect(lookup).toThrow(expect.objectContaining({ code: 'dataset.unknown', route: 'usage' }));
  });
});

describe.each(each)('%s', (_name, contract) => {
  it('says what one row is', () => {
    expect(contract.describe).toMatch(/^[A-Z].+\.$/s);
  });

  it('refers only to datasets whose key is the referring field', () => {
    for (const [field, target] of Object.entries(contract.references))
      expect([field, findDataset(target)?.key]).toEqual([field, [field]]);
  });

  it('has a key of fields that are never missing', () => {
    const required = new Set(contract.fields.filter((field) => field.required).map(({ name }) => name));
    expect(contract.key.filter((field) => !required.has(field))).toEqual([]);
  });
});

/** The verdict on the dataset's good row with some of its values changed. */
const judged = (name: string, changes: Record<string, unknown> = {}) =>
  judgeRow(dataset(name), { ...good[name], ...changes });

describe('good rows', () => {
  it.each(each)('of %s are accepted', (name) => {
    expect(judged(name)).toMatchObject({ ok: true });
  });

  it('keep the leading zero of an id', () => {
    expect(judged('retailos.customers')).toMatchObject({ row: { customer_id: '00017' } });
  });

  it('get the defaults of their system', () => {
    expect(judged('stockgrip.inventory')).toMatchObject({ row: { reserved_stock: 0, in_transit: 0 } });
    expect(judged('retailos.transactions', { order_source: '' })).toMatchObject({
      row: { order_source: 'Store' },
    });
  });

  it.each([
    ['recomart.transactions', { rating: null, timestamp: null }],
    ['retailos.transactions', { customer_id: '' }],
    ['retailos.transactions', { discount: '2499.99' }],
    ['stockgrip.inventory', { stock_level: '0', last_reorder_date: '' }],
    ['stockgrip.demand_signals', { market_trend: '-1.0', social_sentiment: '1.0' }],
    ['onlineretail.invoice_lines', { invoice_no: 'C536379', quantity: '-1', unit_price: '27.50' }],
    ['onlineretail.invoice_lines', { customer_id: '', description: '', quantity: '-10', unit_price: '0.0' }],
    ['onlineretail.invoice_lines', { invoice_no: 'A563185', stock_code: 'B', unit_price: '11062.06' }],
  ])('of %s may be %j', (name, changes) => {
    expect(judged(name, changes)).toMatchObject({ ok: true });
  });
});

describe('bad rows', () => {
  it.each([
    ['retailos.transactions', { quantity: 0 }, 'out_of_range:quantity'],
    ['retailos.transactions', { payment_method: 'Cheque' }, 'not_in_enum:payment_method'],
    ['retailos.transactions', { discount: '2500' }, 'rule_failed:discount_at_most_unit_price'],
    ['retailos.transactions', { product_id: '' }, 'missing_required_value:product_id'],
    ['retailos.products', { cost: '2500' }, 'rule_failed:cost_at_most_price'],
    [
      'retailos.inventory',
      { quantity_reserved: 9 },
      'rule_failed:quantity_reserved_at_most_quantity_on_hand',
    ],
    ['retailos.shipments', { status: 'shipped' }, 'rule_failed:delivery_date_means_delivered'],
    ['retailos.shipments', { ship_date: '2026-02-14' }, 'rule_failed:ship_date_before_delivery_date'],
    ['recomart.users', { age: 0 }, 'out_of_range:age'],
    ['recomart.users', { gender: 'X' }, 'not_in_enum:gender'],
    ['recomart.users', { device: 'mobile' }, 'not_in_enum:device'],
    ['recomart.transactions', { view_mode: 'click' }, 'not_in_enum:view_mode'],
    ['recomart.transactions', { rating: 6 }, 'out_of_range:rating'],
    ['stockgrip.sales', { channel: 'phone' }, 'not_in_enum:channel'],
    ['stockgrip.sales', { quantity_sold: '0' }, 'out_of_range:quantity_sold'],
    ['stockgrip.sales', { revenue: '0' }, 'out_of_range:revenue'],
    ['stockgrip.sales', { customer_segment: 'gold' }, 'not_in_enum:customer_segment'],
    ['stockgrip.inventory', { stock_level: '-1' }, 'out_of_range:stock_level'],
    ['stockgrip.demand_signals', { external_demand: 'none' }, 'not_in_enum:external_demand'],
    ['stockgrip.demand_signals', { market_trend: '1.01' }, 'out_of_range:market_trend'],
    ['stockgrip.demand_signals', { social_sentiment: '-1.01' }, 'out_of_range:social_sentiment'],
    ['onlineretail.invoice_lines', { unit_price: '-11062.06' }, 'out_of_range:unit_price'],
    ['onlineretail.invoice_lines', { invoice_no: 'B536365' }, 'pattern_mismatch:invoice_no'],
    ['onlineretail.invoice_lines', { customer_id: '17850.5' }, 'pattern_mismatch:customer_id'],
  ])('of %s with %j are refused', (name, changes, reason) => {
    expect(judged(name, changes)).toEqual({ ok: false, reasons: [reason] });
  });
});

describe('onlineretail.invoice_lines', () => {
  it('reads a customer number that a spreadsheet wrote as a decimal', () => {
    expect(judged('onlineretail.invoice_lines')).toMatchObject({ row: { customer_id: '17850' } });
  });

  it('answers to the headers of the first edition of the data; those of the second are for an approval', () => {
    const headers = dataset('onlineretail.invoice_lines').fields.flatMap(({ aliases }) => aliases);
    expect(headers).toEqual(expect.arrayContaining(['InvoiceNo', 'UnitPrice', 'CustomerID']));
    expect(headers).not.toContain('Invoice');
  });

  it('drops a line that repeats another, for it has no line number', () => {
    const { key, duplicates } = dataset('onlineretail.invoice_lines');
    expect({ key, rows: duplicates.rows }).toEqual({ key: [], rows: 'drop' });
  });
});
