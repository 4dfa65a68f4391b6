import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id, int } from '../../../core/contract/fields.ts';
import { judgeEvent } from '../../../core/events/judge.ts';

const carts = contract('shop.carts', {
  describe: 'A cart.',
  row: z.object({
    cart_id: id().meta({ aliases: ['CartID'] }),
    items: int({ min: 1 }),
    note: id().optional(),
  }),
});

describe('judging an event', () => {
  it('finds a field by any name it goes by in files, and keeps what no field claims', () => {
    expect(judgeEvent(carts, '{"CartID":7,"items":"3","coupon":{"code":"X"}}')).toEqual({
      ok: true,
      row: { cart_id: '7', items: 3 },
      rescued: '{"coupon":{"code":"X"}}',
    });
  });

  it('gives every reason with the value received', () => {
    expect(judgeEvent(carts, '{"items":0}')).toEqual({
      ok: false,
      reasons: ['missing_required_value:cart_id', 'out_of_range:items'],
      received: [null, '0'],
    });
  });

  it.each(['', '[1]', '"text"', 'null', '{"items":', '{"items":1}}'])('calls %p no event', (json) => {
    expect(judgeEvent(carts, json)).toEqual({ ok: false, reasons: ['malformed_row'], received: [null] });
  });

  it.each([
    ['a name twice', '{"cart_id":"a","items":1,"items":2}'],
    ['a name twice, further in', '{"cart_id":"a","items":1,"x":[{"a:":1,"a:":2}]}'],
    ['half a character', '{"cart_id":"a","items":1,"note":"\\ud83d"}'],
    ['half a character in a name', '{"cart_id":"a","items":1,"\\uDE00":1}'],
  ])('calls %s malformed: what it says depends on who reads it', (_, json) => {
    expect(judgeEvent(carts, json)).toMatchObject({ ok: false, reasons: ['malformed_row'] });
  });

  it('keeps every digit of a number', () => {
    const json =
      '{"cart_id":12345678901234567890,"items":1.0,"note":1.10,"x":{"n":[0.1234567890123456789,1e400,-0]}}';
    expect(judgeEvent(carts, json)).toEqual({
      ok: true,
      row: { cart_id: '12345678901234567890', items: 1, note: '1.10' },
      rescued: '{"x":{"n":[0.1234567890123456789,1e400,-0]}}',
    });
  });

  it('takes colons in texts and whole characters for what they are', () => {
    const json = '{"cart_id":"a:b\\":\\"c","items":1,"note":"\\ud83d\\ude00 😀"}';
    expect(judgeEvent(carts, json)).toEqual({
      ok: true,
      row: { cart_id: 'a:b":"c', items: 1, note: '😀 😀' },
      rescued: undefined,
    });
  });

  it('lets no name of an event reach a prototype', () => {
    const judged = judgeEvent(carts, '{"cart_id":"a","items":1,"__proto__":{"note":"x"},"constructor":1}');
    expect(judged).toEqual({
      ok: true,
      row: { cart_id: 'a', items: 1 },
      rescued: '{"__proto__":{"note":"x"},"constructor":1}',
    });
    expect(({} as Record<string, unknown>).note).toBeUndefined();
  });
});
