/** Items of DynamoDB as its protocol writes them: what the API reads and writes, no more. */

type Attribute = Readonly<Record<string, unknown>>;
export type Attributes = Readonly<Record<string, Attribute>>;

const toAttribute = (value: string | number | readonly string[]): Attribute =>
  typeof value === 'string'
    ? { S: value }
    : typeof value === 'number'
      ? { N: String(value) }
      : { L: value.map(toAttribute) };

const readers: Readonly<Record<string, (value: never) => unknown>> = {
  S: (value: string) => value,
  N: Number,
  BOOL: (value: boolean) => value,
  NULL: () => null,
  SS: (value: readonly string[]) => value,
  L: (value: readonly Attribute[]) => value.map(fromAttribute),
  M: (value: Attributes) => fromAttributes(value),
};

function fromAttribute(attribute: Attribute): unknown {
  const [[type, value]] = Object.entries(attribute) as [[string, never]];
  return readers[type]?.(value);
}

/** @example toAttributes({ pk: 'a', n: 1 }) // { pk: { S: 'a' }, n: { N: '1' } } */
export const toAttributes = (
  item: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): Attributes =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, toAttribute(value)]],
    ),
  );

export const fromAttributes = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]));
