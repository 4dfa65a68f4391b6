import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from '../../../platform/api/rate.ts';

/** A ledger that counts as DynamoDB does, and what was asked of it. */
function ledger() {
  const used = new Map<string, number>();
  const writes: number[] = [];
  return {
    writes,
    lease: async (pk: string, amount: number, most: number) => {
      writes.push(amount);
      await new Promise(setImmediate);
      const before = used.get(pk);
      if (before !== undefined && before > most - amount) return false;
      used.set(pk, (before ?? 0) + amount);
      return true;
    },
  };
}

const admitted = async (tries: readonly Promise<void>[]) =>
  (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length;

describe('the rate of a key', () => {
  it('holds across instances, for however many ask at once', async () => {
    const desk = ledger();
    const instances = [1, 2, 3].map(() => new RateLimiter(desk, () => 1000));
    const tries = Array.from({ length: 3000 }, (_, i) => instances[i % 3]!.take('a', 1, 100));
    const passed = await admitted(tries);
    expect(passed).toBeLessThanOrEqual(1000);
    expect(passed).toBeGreaterThanOrEqual(900);
  });

  it('costs a write a block, not a write a request', async () => {
    const desk = ledger();
    const limiter = new RateLimiter(desk, () => 1000);
    for (let i = 0; i < 1000; i++) await limiter.take('a', 1, 1000);
    expect(desk.writes).toEqual([500, 500]);
    const few = ledger();
    const busy = new RateLimiter(few, () => 1000);
    await admitted(Array.from({ length: 5000 }, () => busy.take('a', 1, 100)));
    expect(few.writes.length).toBeLessThan(30);
  });

  it('is each key’s own, and new in the next window', async () => {
    let now = 1000;
    const limiter = new RateLimiter(ledger(), () => now);
    await limiter.take('a', 10, 1);
    await expect(limiter.take('a', 1, 1)).rejects.toMatchObject({
      code: 'api.rate-limited',
      headers: { 'retry-after': '10' },
    });
    await limiter.take('b', 10, 1);
    now += 9.5;
    await expect(limiter.take('a', 1, 1)).rejects.toMatchObject({ headers: { 'retry-after': '1' } });
    now += 0.5;
    await limiter.take('a', 1, 1);
  });

  it('lets a post pass that is larger than a window, when the window is untouched', async () => {
    const limiter = new RateLimiter(ledger(), () => 1000);
    await limiter.take('a', 1000, 10);
    await expect(limiter.take('a', 1, 10)).rejects.toThrow();
  });
});
