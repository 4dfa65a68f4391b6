/** What has become of refused rows as a view in Glue, which Athena shows beside the tables. */
import { type IcebergType, quarantineColumns, type WantedField } from '../lake/schema.ts';
import { statusSql } from '../replay/status.ts';
import { glueType } from './glue.ts';

/** The columns of {@link statusSql}. */
const columns: readonly WantedField[] = [
  ...quarantineColumns,
  { name: 'status', type: 'string', doc: '`open`, `replayed` or `discarded`.' },
  { name: 'released_by', type: 'string', doc: 'The delivery that released the row.' },
  { name: 'released_at', type: 'timestamptz', doc: 'When it landed.' },
  { name: 'released_because', type: 'string', doc: 'Why, in the words of who did it.' },
];

/** As Trino, the engine inside Athena, names types of Iceberg. */
const types: Readonly<Record<string, string>> = {
  string: 'varchar',
  long: 'bigint',
  timestamptz: 'timestamp(6) with time zone',
};

const typeOf = (type: WantedField['type']): string =>
  typeof type === 'object' && 'list' in type ? `array(${typeOf(type.list)})` : types[String(type)]!;

/** Glue knows a list by its ids, which a view has not. */
const listed = (type: WantedField['type']): IcebergType =>
  typeof type === 'object' && 'list' in type
    ? { type: 'list', 'element-id': 0, element: listed(type.list), 'element-required': false }
    : (type as IcebergType);

/** What a view is called, given the dataset's own part of its name. @example refusedView('users') // 'users__refused' */
export const refusedView = (dataset: string): string => `${dataset}__refused`;

/** A view of refused rows, as Athena writes down its views in Glue. */
export function refusedViewEntry(dataset: string, database: string, catalog = 'awsdatacatalog') {
  const view = {
    originalSql: statusSql(`"${database}"."${dataset}__quarantine"`),
    ...{ catalog, schema: database },
    columns: columns.map(({ name, type }) => ({ name, type: typeOf(type) })),
  };
  return {
    name: refusedView(dataset),
    tableType: 'VIRTUAL_VIEW',
    parameters: { presto_view: 'true', comment: 'Presto View' },
    viewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
    viewExpandedText: '/* Presto View */',
    partitionKeys: [],
    storageDescriptor: {
      columns: columns.map(({ name, type, doc }) => ({ name, type: glueType(listed(type)), comment: doc })),
      serdeInfo: {},
    },
  };
}
