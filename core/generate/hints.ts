/** What a field's name says about its values, where the contract gives no examples. The first row that matches counts. */

const find = <T>(table: readonly (readonly [name: RegExp, hint: T])[], name: string): T | undefined =>
  table.find(([pattern]) => pattern.test(name))?.[1];

type Span = readonly [from: number, to: number];

const sizes: readonly (readonly [RegExp, Span])[] = [
  [/discount|tax|fee/, [0, 20]],
  [/price|revenue|amount|total|cost|value/, [1, 2500]],
  [/on_hand|stock|level/, [20, 300]],
  [/reserved|transit|reorder/, [0, 40]],
  [/quantity|qty|units|count/, [1, 12]],
  [/^age$/, [18, 80]],
  [/rating|stars|score/, [1, 5]],
  [/area/, [60, 2000]],
  [/_ms$/, [200, 60_000]],
  [/latitude/, [8, 34]],
  [/longitude/, [70, 90]],
  [/year/, [2000, 2025]],
];

/** Days before (negative) or after the day the data is of. */
const distances: readonly (readonly [RegExp, Span])[] = [
  [/signup|opened|birth|created|joined|since/, [-1500, -1]],
  [/last|previous/, [-30, -1]],
  [/expected|delivery|due|closed|expir|ends?_/, [1, 14]],
];

const texts: readonly (readonly [RegExp, readonly string[]])[] = [
  [/city|town/, ['Bengaluru', 'Leeds', 'Kraków', 'São Paulo', 'Osaka']],
  [/country/, ['India', 'United Kingdom', 'Poland', 'Brazil', 'Japan']],
  [/url|page/, ['/', '/p/234', '/search?q=rice', '/cart']],
  [/email/, ['asha@example.com', 'zoe@example.org']],
  [/name|title/, ['Asha Rao', 'Zoë Müller', "Siobhán O'Neil", 'Li Wei']],
  [/./, ['As ordered', 'Blue, large', 'Gift wrap: "yes"', 'Left at the door']],
];

/** Numbers that are usual for a field of this name. */
export const usualNumbers = (name: string): Span => find(sizes, name) ?? [0, 100];
/** Days from the day of the data that are usual for a field of this name. */
export const usualDays = (name: string): Span => find(distances, name) ?? [0, 0];
export const usualTexts = (name: string): readonly string[] => find(texts, name)!;
