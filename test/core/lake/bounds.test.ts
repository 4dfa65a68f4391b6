import { describe, expect, it } from '@jest/globals';
import {
  decimalBytes,
  decodeValue,
  encodeBound,
  encodeValue,
  epochDay,
  epochMicros,
} from '../../../core/lake/bounds.ts';

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

describe('values in binary', () => {
  it.each([
    ['long', '1', '0100000000000000'],
    ['long', '-1', 'ffffffffffffffff'],
    ['int', '258', '02010000'],
    ['date', '1970-01-02', '01000000'],
    ['timestamptz', '1970-01-01 00:00:00.000001+00', '0100000000000000'],
    ['string', 'é', 'c3a9'],
    ['boolean', 'true', '01'],
    ['boolean', '1', '01'],
    ['boolean', '0', '00'],
    ['date', '-1', 'ffffffff'],
    ['decimal(9, 2)', '14.20', '058c'],
    ['decimal(9, 2)', '-1.28', '80'],
    ['decimal(9, 2)', '1.28', '0080'],
    ['decimal(9, 2)', '0.00', '00'],
  ])('%s %s', (type, text, expected) => {
    expect(hex(encodeValue(type, text))).toBe(expected);
    const read = decodeValue(type, Buffer.from(expected, 'hex'));
    expect(hex(encodeValue(type, read))).toBe(expected);
  });

  it.each([
    ['timestamptz', '0001-01-01 00:00:00.000000+00'],
    ['timestamptz', '1969-12-31 23:59:59.999999+00'],
    ['timestamptz', '9999-12-31 23:59:59.999999+00'],
    ['decimal(38, 10)', '-9999999999999999999999999999.9999999999'],
    ['decimal(5, 0)', '-12345'],
    ['decimal(9, 2)', '-0.05'],
    ['long', '-9223372036854775808'],
    ['double', '-1e-7'],
    ['string', '\ufeff🦆'],
  ])('%s %s is read as it was written', (type, text) => {
    expect(decodeValue(type, encodeValue(type, text))).toBe(text);
  });

  it('counts days and microseconds before 1970', () => {
    expect(epochDay('1969-12-31')).toBe(-1);
    expect(epochMicros('1969-12-31 23:59:59.5+00')).toBe(-500_000n);
  });

  it('reads a decimal with fewer digits than its scale', () => {
    expect(hex(decimalBytes('1.5', 4))).toBe('3a98');
  });
});

describe('bounds of texts', () => {
  const long = 'abcdefghijklmnopqrstuvwxyz';

  it('are cut below', () => {
    expect(hex(encodeBound('string', long, 'lower'))).toBe(Buffer.from('abcdefghijklmnop').toString('hex'));
  });

  it('are cut and raised above', () => {
    expect(hex(encodeBound('string', long, 'upper'))).toBe(Buffer.from('abcdefghijklmnoq').toString('hex'));
  });

  it('are left out where nothing is above', () => {
    expect(encodeBound('string', '\u{10ffff}'.repeat(20), 'upper')).toBeUndefined();
  });

  it('are left out for NaN', () => {
    expect(encodeBound('double', 'nan', 'upper')).toBeUndefined();
  });
});

describe('bounds of zero', () => {
  it('take in both of its signs, whichever the file holds', () => {
    expect(hex(encodeBound('double', '0.0', 'lower'))).toBe('0000000000000080');
    expect(hex(encodeBound('double', '-0.0', 'upper'))).toBe('0000000000000000');
  });
});
