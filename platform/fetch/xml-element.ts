/** An XML element as a JSON value: attributes and child elements are fields, all values text, prefixes dropped. */

export type Value = string | Values | Value[];
interface Values {
  [name: string]: Value;
}

export interface Element {
  readonly name: string;
  readonly values: Values;
  hasValues: boolean;
  text: string;
}

/** Without a prototype: `__proto__` is a name like any other. */
export const newElement = (name: string): Element => ({
  ...{ name, hasValues: false, text: '' },
  values: Object.create(null) as Values,
});

/** A name seen twice becomes a list. */
export function put({ values }: Element, name: string, value: Value): void {
  const before = values[name];
  if (before === undefined) values[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else values[name] = [before, value];
}

/** An element without children and attributes is its text; one with them keeps its text only where it has any. */
export function fieldValue({ values, hasValues, text }: Element): Value {
  const trimmed = text.trim();
  if (!hasValues) return trimmed;
  if (!trimmed) return values;
  return { ...values, ['text' in values ? '#text' : 'text']: trimmed };
}

/** An element as a record; one of text alone is a field of its own name. */
export function toRecord(of: Element): string {
  const value = fieldValue(of);
  return JSON.stringify(typeof value === 'string' ? { [of.name]: value } : value);
}
