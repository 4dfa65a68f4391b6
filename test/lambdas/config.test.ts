import { describe, expect, it } from '@jest/globals';
import { commitEnv, ingestEnv, readEnv } from '../../lambdas/config.ts';
import { createHandler } from '../../lambdas/ingest-file/handler.ts';
import { defaultLimits } from '../../platform/limits.ts';

const env = {
  WHARF_LAKE_BUCKET: 'lake',
  WHARF_LEDGER_TABLE: 'ledger',
  WHARF_COMMIT_QUEUE_URL: 'http://q',
  WHARF_CATALOG: 'dynamodb',
};
const limits = (changed: object) => ({
  ...env,
  WHARF_LIMITS: JSON.stringify({ ...defaultLimits, ...changed }),
});

describe('the environment of a function', () => {
  it('has defaults for what may be left out, and the limits it was given', () => {
    expect(readEnv(ingestEnv, env)).toMatchObject({ WHARF_MAX_RECEIVES: 5, WHARF_LIMITS: defaultLimits });
    expect(readEnv(ingestEnv, limits({ columns: 7 })).WHARF_LIMITS).toEqual({ ...defaultLimits, columns: 7 });
  });

  it.each([
    ['no JSON', { ...env, WHARF_LIMITS: '{"columns":' }, 'WHARF_LIMITS is "{\\"columns\\":", not JSON'],
    ['no object', { ...env, WHARF_LIMITS: '5' }, 'WHARF_LIMITS is "5", not object'],
    ['a limit that is text', limits({ columns: 'many' }), 'WHARF_LIMITS.columns is "many", not number'],
    ['a limit below one', limits({ rowBytes: -1 }), 'WHARF_LIMITS.rowBytes is -1, not large enough'],
    ['a limit left out', limits({ nesting: undefined }), 'WHARF_LIMITS.nesting is missing'],
    ['a misspelt limit', limits({ nestng: 3 }), 'WHARF_LIMITS has no part called nestng'],
    ['a number that is none', { ...env, WHARF_MAX_RECEIVES: 'x' }, 'WHARF_MAX_RECEIVES is "x", not number'],
    [
      'a retention of no time',
      { ...env, WHARF_SNAPSHOT_RETENTION_DAYS: '0' },
      'RETENTION_DAYS is "0", not large',
    ],
  ])('is refused with %s, never replaced by a default', (_, wrong, told) => {
    const read = () => [readEnv(ingestEnv, wrong), readEnv(commitEnv, wrong)];
    expect(read).toThrow(expect.objectContaining({ code: 'config.invalid', route: 'usage' }));
    expect(read).toThrow(told);
  });

  it('names every problem at once, when the function starts', () => {
    const wrong = {
      ...limits({ columns: 0, rowBytes: 'x' }),
      WHARF_LAKE_BUCKET: '',
      WHARF_LEDGER_TABLE: undefined,
    };
    for (const name of ['WHARF_LAKE_BUCKET', 'WHARF_LEDGER_TABLE', 'LIMITS.columns', 'LIMITS.rowBytes'])
      expect(() => createHandler(wrong)).toThrow(name);
  });
});
