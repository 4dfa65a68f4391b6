/** Figures as evidence has them. */

/** @example percent(0.871) // '87 %' */
export const percent = (share: number): string => {
  const of = Math.round(share * 1000) / 10;
  return `${of > 10 && of < 99.5 ? Math.round(of) : of} %`;
};

/** @example figure(1234.5678) // '1,235' */
export const figure = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 4 : 3 });
