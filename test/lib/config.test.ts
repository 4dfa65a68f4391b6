import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../lib/config.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { app, type Context } from './support.ts';

const read = (context: Context) => readConfig(app(context).node);

function refusal(context: Context): { code?: string; message: string } {
  try {
    read(context);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the configuration was accepted');
}

describe('the configuration', () => {
  it('needs nothing said: a development stage on arm64, its limits those the functions assume', () => {
    expect(read({})).toMatchObject({
      stage: 'dev',
      architecture: 'arm64',
      maxReceives: 5,
      limits: defaultLimits,
    });
  });

  it('takes one value from the context object and leaves the rest as it is', () => {
    const { retention } = read({ wharf: { retention: { landing: 30 } } });
    expect(retention).toMatchObject({ landing: 30, snapshots: 7 });
  });

  it('lets the command line win over cdk.json', () => {
    expect(read({ wharf: { stage: 'test' }, stage: 'prod' }).stage).toBe('prod');
  });

  it('names every problem at once, with its path', () => {
    const { code, message } = refusal({
      stage: 'Prod!',
      wharf: { ingestFile: { memory: 64 }, limits: { rowBytes: -1 }, retenton: {} },
    });
    expect(code).toBe('config.invalid');
    for (const part of ['4 problem(s)', 'stage:', 'ingestFile.memory:', 'limits.rowBytes:', '"retenton"'])
      expect(message).toContain(part);
  });

  it('refuses a limit on unpacked files that does not fit on the disk of the function', () => {
    const { code, message } = refusal({ wharf: { ingestFile: { storage: 1024 } } });
    expect(code).toBe('config.invalid');
    expect(message).toContain('limits.decompressedBytes: must be less than the 1073741824 bytes');
  });
});
