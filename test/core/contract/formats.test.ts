import { describe, expect, it } from '@jest/globals';
import { dateFormats, instantFormats, readMoment } from '../../../core/contract/formats.ts';

const date = (text: string, ...formats: (keyof typeof dateFormats)[]) =>
  readMoment(
    text,
    formats.map((name) => dateFormats[name]),
    'date',
  );
const instant = (text: string, ...formats: (keyof typeof instantFormats)[]) =>
  readMoment(
    text,
    formats.map((name) => instantFormats[name]),
    'instant',
  );

describe('a date', () => {
  it.each([
    ['2024-02-29', 'iso', '2024-02-29'],
    ['2023-02-29', 'iso', undefined],
    ['0000-01-01', 'iso', undefined],
    ['2024-01-31T00:00:00Z', 'iso', '2024-01-31'],
    ['2024-01-31 10:00', 'iso', undefined],
    ['1/2/2024', 'eu', '2024-02-01'],
    ['1/2/2024', 'us', '2024-01-02'],
    ['13/2/2024', 'us', undefined],
    ['31.12.2024', 'dotted', '2024-12-31'],
    ['20241231', 'compact', '2024-12-31'],
  ] as const)('%s as %s is %s', (text, format, expected) => {
    expect(date(text, format)).toBe(expected);
  });

  it('is read by the first format that fits', () => {
    expect(date('1/2/2024', 'iso', 'eu', 'us')).toBe('2024-02-01');
  });
});

describe('an instant', () => {
  it.each([
    ['2024-01-31T10:00:00Z', 'iso', '2024-01-31T10:00:00.000000Z'],
    ['2024-01-31 10:00', 'iso', '2024-01-31T10:00:00.000000Z'],
    ['2024-01-31T10:00:00.123456789+05:30', 'iso', '2024-01-31T04:30:00.123456Z'],
    ['2024-01-31T24:00:00Z', 'iso', undefined],
    ['2024-01-31T23:59:60Z', 'iso', undefined],
    ['0001-01-01T00:00:00+14:00', 'iso', undefined],
    ['12/1/2010 8:26', 'us', '2010-12-01T08:26:00.000000Z'],
    ['12/1/2010 8:26', 'eu', '2010-01-12T08:26:00.000000Z'],
    ['1700000000', 'epoch_s', '2023-11-14T22:13:20.000000Z'],
    ['1700000000123', 'epoch_ms', '2023-11-14T22:13:20.123000Z'],
    ['2024-01-31', 'date', '2024-01-31T00:00:00.000000Z'],
  ] as const)('%s as %s is %s', (text, format, expected) => {
    expect(instant(text, format)).toBe(expected);
  });
});
