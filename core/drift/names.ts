/** How much two names of columns have in common. */
import { distance } from '../contract/suggest.ts';

/** What people shorten, and what they call it at length. */
const longForms: Readonly<Record<string, string>> = {
  ...{ acct: 'account', addr: 'address', amt: 'amount', avg: 'average', bal: 'balance', cat: 'category' },
  ...{ cd: 'code', cnt: 'count', cust: 'customer', ctry: 'country', desc: 'description', disc: 'discount' },
  ...{ dob: 'birthdate', dt: 'date', emp: 'employee', inv: 'invoice', lat: 'latitude', loc: 'location' },
  ...{ lng: 'longitude', lon: 'longitude', lvl: 'level', mail: 'email', mfr: 'manufacturer', nm: 'name' },
  ...{ no: 'number', nr: 'number', num: 'number', ord: 'order', pct: 'percent', pmt: 'payment' },
  ...{ prd: 'product', prod: 'product', pr: 'price', qty: 'quantity', ref: 'reference', reg: 'region' },
  ...{ sess: 'session', shp: 'shipment', src: 'source', stat: 'status', str: 'store', tel: 'phone' },
  ...{ tot: 'total', trans: 'transaction', ts: 'timestamp', txn: 'transaction', tx: 'transaction' },
  ...{ usr: 'user', val: 'value', whs: 'warehouse', wh: 'warehouse', yr: 'year' },
};

/** Words that are often used for one another. */
const synonyms: readonly (readonly string[])[] = [
  ['id', 'key', 'code', 'number', 'identifier'],
  ['timestamp', 'time', 'date', 'datetime', 'at', 'when', 'day'],
  ['customer', 'client', 'buyer', 'user', 'shopper', 'member'],
  ['product', 'item', 'article', 'sku', 'stock'],
  ['store', 'shop', 'branch', 'outlet', 'location'],
  ['quantity', 'units', 'count', 'amount', 'pieces'],
  ['price', 'cost', 'rate'],
  ['amount', 'total', 'sum', 'value'],
  ['name', 'title', 'label'],
  ['category', 'type', 'class', 'kind', 'group', 'segment'],
  ['status', 'state'],
  ['description', 'text', 'details', 'note'],
  ['region', 'area', 'zone', 'district'],
  ['phone', 'telephone', 'mobile'],
  ['order', 'transaction', 'receipt', 'invoice', 'sale'],
  ['method', 'mode', 'means'],
  ['source', 'channel', 'origin'],
];

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d)/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter(Boolean)
    .map((word) => longForms[word] ?? word);

const spelled = (a: string, b: string): number => 1 - distance(a, b) / Math.max(a.length, b.length, 1);

function alike(a: string, b: string): number {
  if (a === b) return 1;
  const close = spelled(a, b);
  if (close >= 0.75) return close;
  if (a.length >= 3 && b.length >= 3 && (a.startsWith(b) || b.startsWith(a))) return 0.85;
  return synonyms.some((group) => group.includes(a) && group.includes(b)) ? 0.75 : 0;
}

/**
 * How alike two names are, 0 to 1: by their words, spelled out, and by their letters.
 * @example likeNames('cust_id', 'CustomerId') // 1
 */
export function likeNames(a: string, b: string): number {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left.length === 0 || right.length === 0) return 0;
  const best = (word: string, among: readonly string[]) =>
    Math.max(...among.map((other) => alike(word, other)));
  const sum = (from: readonly string[], to: readonly string[]) =>
    from.reduce((total, word) => total + best(word, to), 0);
  const both = (sum(left, right) + sum(right, left)) / (left.length + right.length);
  // `Price` for `UnitPrice`: one name is the other without a word.
  const [few, many] = left.length < right.length ? [left, right] : [right, left];
  const within = (sum(few, many) / few.length) * (few.length < many.length ? 0.85 : 1);
  return Math.max(both, within, spelled(left.join(''), right.join('')));
}

const USUAL = new Set([...Object.values(longForms), ...synonyms.flat(), 'email', 'weight', 'size', 'color']);

/** How much a name looks as if somebody meant it, 0 to 1. @example soundName('Unnamed: 3') // 0 */
export function soundName(name: string): number {
  if (/^(unnamed|column|col|field|f|c|x|var)?[\W_]*\d*$/i.test(name.trim())) return 0;
  if (!/^[\p{L}][\p{L}\d _.\-/()%#]*$/u.test(name) || name.length > 60) return 0.2;
  return wordsOf(name).some((word) => USUAL.has(word)) ? 1 : 0.7;
}

const PERSONAL =
  /^(email|phone|telephone|mobile|birthdate|birthday|birth|ssn|passport|iban|gender|surname|firstname|lastname|fullname|password|ip|address|street|postcode|zip|latitude|longitude|contact|person)$/;
const PERSON = /^(customer|user|client|member|employee|buyer|shopper|account|card)$/;
const WHICH = /^(id|key|code|number|identifier|name|first|last)$/;

/** Whether a name is of what is about a person. @example looksPersonal('cust_email') // true */
export function looksPersonal(name: string): boolean {
  const words = wordsOf(name);
  return (
    words.some((word) => PERSONAL.test(word)) ||
    (words.some((word) => PERSON.test(word)) && words.some((word) => WHICH.test(word)))
  );
}

/** @example fieldName('Loyalty Tier') // 'loyalty_tier' */
export const fieldName = (column: string): string => {
  const name = column
    .normalize('NFKD')
    .replace(/[^\w\s.\-/]/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) ? name : `column_${name || 'new'}`;
};
