import { describe, expect, it } from '@jest/globals';
import { isLive, type LiveContract } from '../../../core/live/model.ts';
import { moneyText, RunningStats, WINDOW_MINUTES } from '../../../core/live/stats.ts';
import { streamingOrders } from '../../../datasets/retailos/streaming_orders.ts';

const orders = streamingOrders as LiveContract;
const at = (time: string) => new Date(`2026-02-13T${time}Z`);
const order = (store_id: string, quantity: number, price: string, more: object = {}) => ({
  ...{ store_id, quantity, price, product_id: 'P1', payment_method: 'UPI', order_source: 'App' },
  ...more,
});

describe('running statistics', () => {
  it('are kept for what a contract says is live', () => {
    expect(isLive(streamingOrders)).toBe(true);
  });

  it('have orders and revenue of each minute, the quiet ones too, and of all together', () => {
    const stats = new RunningStats(orders);
    stats.add('a.0', at('10:00:59'), [order('S1', 3, '2499.9900'), order('S2', 1, '0.0100')]);
    stats.add('b.0', at('10:02:00'), [order('S1', 2, '10.0000')]);
    const { minutes, total } = stats.at(at('10:02:30'));
    expect(minutes).toHaveLength(WINDOW_MINUTES);
    expect(minutes.slice(-4)).toEqual([
      { minute: '2026-02-13T09:59Z', orders: 0, revenue: '0.0000' },
      { minute: '2026-02-13T10:00Z', orders: 2, revenue: '7499.9800' },
      { minute: '2026-02-13T10:01Z', orders: 0, revenue: '0.0000' },
      { minute: '2026-02-13T10:02Z', orders: 1, revenue: '20.0000' },
    ]);
    expect(total).toEqual({ orders: 3, revenue: '7519.9800' });
  });

  it('count each field of the contract apart, and name what sells best first', () => {
    const stats = new RunningStats(orders);
    stats.add('a.0', at('10:00:00'), [
      order('S1', 1, '1.0000', { product_id: 'P9', payment_method: 'Card' }),
      order('S2', 1, '5.0000'),
      order('S1', 1, '2.0000', { product_id: '__proto__', order_source: 'Web' }),
      order('S1', 1, '2.0000'),
    ]);
    const { by, top } = stats.at(at('10:00:01'));
    expect(by).toEqual({
      store_id: [
        { value: 'S1', orders: 3, revenue: '5.0000' },
        { value: 'S2', orders: 1, revenue: '5.0000' },
      ],
      payment_method: [
        { value: 'UPI', orders: 3, revenue: '9.0000' },
        { value: 'Card', orders: 1, revenue: '1.0000' },
      ],
      order_source: [
        { value: 'App', orders: 3, revenue: '8.0000' },
        { value: 'Web', orders: 1, revenue: '2.0000' },
      ],
    });
    expect(top.map(({ value }) => value)).toEqual(['P1', '__proto__', 'P9']);
  });

  it('keep every digit of money where a double would not', () => {
    const stats = new RunningStats(orders);
    stats.add('a.0', at('10:00:00'), Array(3).fill(order('S1', 1, '99999999999999.9999')));
    stats.add('b.0', at('10:00:00'), Array(10).fill(order('S1', 1, '0.1000')));
    expect(stats.at(at('10:00:00')).total).toEqual({ orders: 13, revenue: '300000000000000.9997' });
    expect([moneyText(-125n, 2), moneyText(5n, 4), moneyText(7n, 0)]).toEqual(['-1.25', '0.0005', '7']);
  });

  it('count a message once, however often it comes', () => {
    const stats = new RunningStats(orders);
    for (const minute of ['10:00:00', '10:00:00', '10:01:00'])
      stats.add('a.0', at(minute), [order('S1', 1, '1.0000')]);
    expect(stats.at(at('10:01:00')).total.orders).toBe(1);
  });

  it('forget what is older than they look back', () => {
    const stats = new RunningStats(orders);
    stats.add('a.0', at('10:00:00'), [order('S1', 1, '1.0000')]);
    expect(stats.at(at('10:14:59')).total.orders).toBe(1);
    expect(stats.at(at('10:15:00')).total.orders).toBe(0);
  });
});
