import { describe, expect, it } from '@jest/globals';
import { decodeAvro, encodeAvro } from '../../../core/lake/avro.ts';
import { formatMetadata, parseMetadata } from '../../../core/lake/metadata.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array) => new TextDecoder().decode(found);
const snapshot = '{"snapshot-id":9223372036854775807,"parent-snapshot-id":4503599627370497,"summary":{}}';
const written = `{"format-version":2,"current-snapshot-id":9223372036854775807,"snapshots":[${snapshot}]}`;

describe("another program's metadata", () => {
  it('keeps snapshot ids that a JavaScript number would round', () => {
    const read = parseMetadata(bytes(written));
    expect(read['current-snapshot-id']).toBe(9223372036854775807n);
    expect(text(formatMetadata(read))).toContain(`"snapshots":[${snapshot}]`);
  });

  it('may leave out what the format leaves to choice', () => {
    expect(parseMetadata(bytes(written))).toMatchObject({ refs: {}, 'snapshot-log': [], 'metadata-log': [] });
  });

  it('may say that there is no snapshot yet', () => {
    const read = parseMetadata(bytes('{"format-version":2,"current-snapshot-id":null}'));
    expect(read['current-snapshot-id']).toBeNull();
  });

  it('of a later version of the format is refused', () => {
    const upgraded = () => parseMetadata(bytes(written.replace('2', '3')));
    expect(upgraded).toThrow(expect.objectContaining({ code: 'lake.unsupported_format' }));
  });
});

describe('longs in Avro files', () => {
  const schema = { type: 'record', name: 'r', fields: [{ name: 'n', type: ['null', 'long'] }] };

  it.each([0, -1, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null])(
    'keep %s as a number',
    async (n) => {
      expect(await decodeAvro(await encodeAvro(schema, [{ n }], {}))).toEqual([{ n }]);
    },
  );

  it.each([2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n])('keep %s in full', async (n) => {
    expect(await decodeAvro(await encodeAvro(schema, [{ n }], {}))).toEqual([{ n }]);
  });
});
