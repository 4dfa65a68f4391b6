/** Deliveries whose schema was changed in a known way, drawn by a seed: the truth that drift is measured against. */
import type { Contract, Field } from '../../../core/contract/model.ts';
import { detect } from '../../../core/drift/detect.ts';
import { remember } from '../../../core/drift/history.ts';
import type { FindingKind, History, Sample } from '../../../core/drift/model.ts';
import { generateRows } from '../../../core/generate/generate.ts';
import { type Random, random } from '../../../core/generate/random.ts';
import { datasets } from '../../../datasets/index.ts';

type Values = (string | undefined)[];
/** A delivery in the making: columns by name, in their order. */
type Columns = Map<string, Values>;

export interface Expected {
  readonly kind: FindingKind;
  readonly field?: string;
  readonly column?: string;
}

export interface Changed {
  readonly name: string;
  readonly contract: Contract;
  readonly sample: Sample;
  readonly history: History | undefined;
  readonly truth: readonly Expected[];
  /** Nobody but a person may approve it. */
  readonly unsafe: boolean;
}

const ROWS = 400;
const wide = datasets.filter(({ fields }) => fields.length >= 5);

function delivery(contract: Contract, seed: number): Columns {
  const rows = [...generateRows(contract, { rows: ROWS, seed, day: `2025-01-${10 + (seed % 15)}` })];
  return new Map(
    contract.fields.map(({ name }) => [name, rows.map(({ values }) => values[name] ?? undefined)]),
  );
}

const sampleOf = (columns: Columns): Sample => ({
  records: ROWS,
  columns: [...columns].map(([name, values]) => ({ name, values })),
});

/** Several ordinary deliveries. */
function historyOf(contract: Contract, seed: number): History {
  let history: History | undefined;
  for (const i of [1, 2, 3]) {
    const { fields, order } = detect(contract, sampleOf(delivery(contract, seed * 7 + i)), history);
    history = remember(history, fields, order);
  }
  return history!;
}

/** Puts a column in the place of another. */
function replace(columns: Columns, name: string, by: string, values?: Values): void {
  const all = [...columns];
  columns.clear();
  for (const [known, was] of all)
    columns.set(known === name ? by : known, known === name ? (values ?? was) : was);
}

/** What senders call things, beside the names that need no drift: spelling and punctuation. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  quantity: ['Units', 'qty', 'no_of_units', 'Menge_quantity'],
  unit_price: ['price_per_unit', 'Rate', 'unit_cost'],
  price: ['Sale Price', 'list_price', 'price_inr'],
  timestamp: ['sold_at', 'event_time', 'ts', 'created_timestamp'],
  payment_method: ['pay_method', 'payment_mode', 'PaymentType'],
  order_source: ['source_channel', 'order_channel', 'src'],
  store_name: ['shop_name', 'StoreTitle', 'branch_name'],
  city: ['city_name', 'store_city', 'CityTown'],
  region: ['region_name', 'sales_region', 'area'],
  status: ['shipment_status', 'state', 'status_code'],
  category: ['product_category', 'cat', 'category_name'],
  revenue: ['revenue_total', 'net_revenue', 'total_revenue'],
  quantity_sold: ['units_sold', 'qty_sold', 'sold_quantity'],
  channel: ['sales_channel', 'channel_name', 'Chanel'],
  discount: ['disc', 'discount_amount', 'rebate_discount'],
  ship_date: ['shipping_date', 'shipped_on_date', 'dispatch_date'],
  event_type: ['evt_type', 'type_of_event', 'event_kind'],
  country: ['country_name', 'ctry', 'Land_country'],
  description: ['desc', 'item_description', 'product_text'],
};

const styles: readonly ((name: string, random: Random) => string)[] = [
  // A letter is lost.
  (name, { int }) => {
    const at = int(2, name.length - 2);
    return name.slice(0, at) + name.slice(at + 1);
  },
  (name, { pick }) => `${pick(['src', 'raw', 'new', 'pos'])}_${name}`,
  (name, { pick }) => `${name}${pick(['_v2', ' (new)', '_value', '_text'])}`,
  (name) =>
    name
      .split('_')
      .map((word) => word.slice(0, 4))
      .join('_'),
  (name) => name.split('_').reverse().join(' of '),
];

function newName(field: Field, taken: readonly string[], source: Random): string {
  for (;;) {
    const known = otherWords[field.name];
    const name = known && source.chance(0.6) ? source.pick(known) : source.pick(styles)(field.name, source);
    const key = (text: string) => text.toLowerCase().replace(/[\s_.\-/]+/g, '');
    if (![...taken, field.name, ...field.aliases].map(key).includes(key(name))) return name;
  }
}

const additions: Readonly<Record<string, (random: Random) => string>> = {
  loyalty_points: ({ low }) => String(low(0, 5000)),
  gift_wrap: ({ pick }) => pick(['yes', 'no']),
  carrier: ({ pick }) => pick(['DHL', 'BlueDart', 'FedEx', 'Delhivery']),
  weight_kg: ({ low }) => (low(1, 3000) / 100).toFixed(2),
  batch_no: ({ int }) => `B-${int(10_000, 99_999)}`,
  best_before: ({ int }) => `2026-0${int(1, 9)}-1${int(0, 9)}`,
  campaign: ({ pick }) => pick(['spring', 'diwali', 'none']),
  tax_rate: ({ pick }) => pick(['0.05', '0.12', '0.18']),
  'Shelf Label': ({ pick }) => pick(['left bottom', 'right top', 'in the middle']),
};
const personal: Readonly<Record<string, (random: Random) => string>> = {
  customer_email: ({ int }) => `c${int(1, 999)}@example.com`,
  mobile_no: ({ int }) => `+91 9845${int(100_000, 999_999)}`,
  cust_name: ({ pick }) => pick(['Asha Rao', 'Meera Iyer', 'Li Wei']),
  contact: ({ int }) => `p${int(1, 999)}@example.org`,
};

const drawn = (make: (random: Random) => string, source: Random): Values =>
  Array.from({ length: ROWS }, () => make(source));

interface Stage {
  readonly contract: Contract;
  readonly columns: Columns;
  readonly source: Random;
  /** One of the fields for which something holds. */
  some(holds: (field: Field) => boolean): Field | undefined;
}

/** Changes the columns. @returns what is to be found; undefined where the dataset has nothing to change so */
type Mutation = (stage: Stage) => readonly Expected[] | undefined;

const guarded = (field: Field, { key }: Contract): boolean =>
  field.pii !== undefined || key.includes(field.name) || field.type.is === 'id';

function rename(stage: Stage, field: Field | undefined): readonly Expected[] | undefined {
  if (!field) return undefined;
  const column = newName(field, [...stage.columns.keys()], stage.source);
  replace(stage.columns, field.name, column);
  return [{ kind: 'renamed', field: field.name, column }];
}

function add(stage: Stage, from: typeof additions = additions): Expected {
  const [column, make] = stage.source.pick(Object.entries(from).filter(([name]) => !stage.columns.has(name)));
  stage.columns.set(column, drawn(make, stage.source));
  return { kind: 'new', column };
}

function each(
  stage: Stage,
  field: Field | undefined,
  kind: FindingKind,
  map: (value: string, row: number) => string | undefined,
): readonly Expected[] | undefined {
  if (!field) return undefined;
  const values = stage.columns.get(field.name)!;
  stage.columns.set(
    field.name,
    values.map((value, row) => (value === undefined ? undefined : map(value, row))),
  );
  return [{ kind, field: field.name }];
}

const european = (iso: string): string => {
  const [day = '', clock] = iso
    .replace('T', ' ')
    .replace(/Z$|[+-]\d\d:\d\d$/, '')
    .split(' ');
  return [day.split('-').reverse().join('/'), clock?.slice(0, 8)].filter(Boolean).join(' ');
};

const is =
  (...kinds: string[]) =>
  ({ type }: Field) =>
    kinds.includes(type.is);

/** Name → mutation and whether it is nobody's but a person's; they come in turn. */
const mutations: Readonly<Record<string, readonly [Mutation, unsafe?: 'unsafe']>> = {
  'a new column': [(stage) => [add(stage)]],
  'two new columns': [(stage) => [add(stage), add(stage)]],
  'a new column about a person': [(stage) => [add(stage, personal)], 'unsafe'],
  'a required column is gone': [
    (stage) => {
      const field = stage.some((f) => f.required);
      stage.columns.delete(field!.name);
      return [{ kind: 'missing', field: field!.name }];
    },
    'unsafe',
  ],
  'an optional column is gone': [
    (stage) => {
      const field = stage.some((f) => !f.required);
      if (!field) return undefined;
      stage.columns.delete(field.name);
      return [{ kind: 'missing', field: field.name }];
    },
  ],
  'a new name': [
    (stage) =>
      rename(
        stage,
        stage.some((f) => !guarded(f, stage.contract)),
      ),
  ],
  'a new name again': [
    (stage) =>
      rename(
        stage,
        stage.some((f) => !guarded(f, stage.contract)),
      ),
  ],
  'a new name of an identifier': [
    (stage) =>
      rename(
        stage,
        stage.some((f) => f.type.is === 'id'),
      ),
    'unsafe',
  ],
  'a new name of what is personal': [
    (stage) =>
      rename(
        stage,
        stage.some((f) => f.pii !== undefined),
      ),
    'unsafe',
  ],
  'a new name and a new column': [
    (stage) => {
      const found = rename(
        stage,
        stage.some((f) => !guarded(f, stage.contract)),
      );
      return found && [...found, add(stage)];
    },
  ],
  'one column goes, another comes': [
    (stage) => {
      const field = stage.some((f) => !guarded(f, stage.contract));
      if (!field) return undefined;
      const { column } = add(stage);
      stage.columns.delete(field.name);
      return [
        { kind: 'missing', field: field.name },
        { kind: 'new', column },
      ];
    },
  ],
  'an optional column goes, another comes': [
    (stage) => {
      const field = stage.some((f) => !f.required);
      if (!field) return undefined;
      const { column } = add(stage);
      stage.columns.delete(field.name);
      return [
        { kind: 'missing', field: field.name },
        { kind: 'new', column },
      ];
    },
  ],
  'a column goes, another with its name in its own comes': [
    (stage) => {
      const field = stage.some((f) => !guarded(f, stage.contract) && !is('text')(f));
      if (!field) return undefined;
      const column = `${field.name}_${stage.source.pick(['origin', 'remark', 'batch'])}`;
      stage.columns.set(
        column,
        drawn(({ int }) => `${'abcdef'[int(0, 5)]}/${int(1, 99)} x`, stage.source),
      );
      stage.columns.delete(field.name);
      return [
        { kind: 'missing', field: field.name },
        { kind: 'new', column },
      ];
    },
  ],
  'a column goes, another with its values comes': [
    (stage) => {
      const field = stage.some((f) => !guarded(f, stage.contract) && is('int', 'decimal')(f));
      if (!field) return undefined;
      const column = stage.source.pick(['loyalty', 'Fx Margin', 'shelf']);
      stage.columns.set(column, stage.columns.get(field.name)!);
      stage.columns.delete(field.name);
      return [
        { kind: 'missing', field: field.name },
        { kind: 'new', column },
      ];
    },
  ],
  'another order': [
    ({ columns }) => {
      const all = [...columns];
      columns.clear();
      for (const [name, values] of all.reverse()) columns.set(name, values);
      return [{ kind: 'reordered' }];
    },
  ],
  'numbers with a unit': [
    (stage) => each(stage, stage.some(is('int', 'decimal', 'float')), 'retyped', (value) => `${value} pcs`),
    'unsafe',
  ],
  'other identifiers': [
    (stage) =>
      each(
        stage,
        stage.some((f) => f.type.is === 'id' && f.type.patterns.length === 0 && f.required),
        'retyped',
        (_, row) => `${(row * 7919).toString(16)}-${row}-x`,
      ),
    'unsafe',
  ],
  'values beside the list': [
    (stage) =>
      each(
        stage,
        stage.some((f) => f.type.is === 'enum' && !f.pii),
        'values',
        (value, row) => (row % 6 === 0 ? 'Kiosk terminal' : value),
      ),
  ],
  'days before months': [
    (stage) =>
      each(
        stage,
        stage.some((f) => 'formats' in f.type && !f.type.formats.includes('eu') && f.required),
        'format',
        european,
      ),
    'unsafe',
  ],
  'a decimal comma': [
    (stage) =>
      each(stage, stage.some(is('decimal')), 'format', (value) =>
        (value.includes('.') ? value : `${value}.0`).replace('.', ','),
      ),
    'unsafe',
  ],
  'more values missing': [
    (stage) =>
      each(
        stage,
        stage.some((f) => !f.pii),
        'nulls',
        (value, row) => (row % 2 ? value : undefined),
      ),
  ],
  'other amounts': [
    (stage) =>
      each(stage, stage.some(is('decimal', 'int')), 'distribution', (value) => String(Number(value) * 100)),
  ],
};

/** A delivery like those before it, of each dataset. */
export const ordinaryDeliveries = (seed: number) =>
  wide.map((contract) => ({
    contract,
    sample: sampleOf(delivery(contract, seed * 13 + 5)),
    history: historyOf(contract, seed),
  }));

/** Two hundred deliveries, each changed in one way. The same seed gives the same. */
export function* changedDeliveries(count = 200, seed = 1): Generator<Changed> {
  const source = random(seed);
  const names = Object.keys(mutations);
  for (let made = 0; made < count; ) {
    const name = names[made % names.length]!;
    const [mutate, unsafe] = mutations[name]!;
    const contract = source.pick(wide);
    const columns = delivery(contract, made + 1000);
    const some: Stage['some'] = (holds) => {
      const fields = contract.fields.filter(holds);
      return fields.length ? source.pick(fields) : undefined;
    };
    const truth = mutate({ contract, columns, source, some });
    if (!truth) continue;
    yield {
      name,
      contract,
      sample: sampleOf(columns),
      history: historyOf(contract, made),
      truth,
      unsafe: unsafe === 'unsafe',
    };
    made++;
  }
}
