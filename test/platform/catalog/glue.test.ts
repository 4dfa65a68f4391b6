/** Glue itself, wherever it answers: WHARF_TEST_GLUE_ENDPOINT names an emulator. `npm run test:e2e` brings one. */
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetTableCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { describe, expect, it } from '@jest/globals';
import { formatMetadata } from '../../../core/lake/metadata.ts';
import { loadTable } from '../../../core/lake/table.ts';
import { awsClients } from '../../../platform/aws.ts';
import { GlueCatalog } from '../../../platform/catalog/glue.ts';
import { Memory } from '../../core/lake/memory.ts';
import { may } from '../../lib/iam.ts';
import { COMMIT, INGEST, synthesize } from '../../lib/support.ts';
import { disturbed } from '../../support/requests.ts';
import { catalogSuite, columns, commit, newTable } from './suite.ts';

const endpoint = process.env.WHARF_TEST_GLUE_ENDPOINT;
const skipped = 'skipped: WHARF_TEST_GLUE_ENDPOINT names no Glue; `npm run test:e2e` brings one';

if (endpoint) withGlue(endpoint);
else
  describe.skip(`the catalog in Glue (${skipped})`, () => it('keeps what every catalog promises', () => {}));

function withGlue(AWS_ENDPOINT_URL: string): void {
  /** A stage of its own: what others keep in the same Glue stays out of the way. */
  const suffix = `_test_${process.pid}`;
  const env = {
    AWS_REGION: 'us-east-1',
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL },
  };
  const { glue } = awsClients(env);
  // `gone` has no database: a domain that the stack does not know yet.
  const options = { client: glue, suffix, domains: ['shop', 'depot', 'gone'] };
  catalogSuite('Glue', async () => {
    for (const domain of ['shop', 'depot'])
      await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: domain + suffix } }));
    return {
      env,
      open: ({ glue: client }) => new GlueCatalog({ ...options, client }),
      stop: async () => glue.destroy(),
    };
  });

  const writer = (table = newTable()) => ({
    ...{ catalog: new GlueCatalog(options), files: new Memory(), table },
  });
  const address = (table: string) => ({ DatabaseName: `shop${suffix}`, Name: table.split('.')[1]! });
  const entry = async (table: string) => (await glue.send(new GetTableCommand(address(table)))).Table!;

  describe('a table in Glue', () => {
    it('is what Athena, Trino and Spark take for an Iceberg table', async () => {
      const one = writer();
      await commit(one, 'a');
      const first = (await one.catalog.current(one.table))!;
      await commit(one, 'b');
      expect(await entry(one.table)).toMatchObject({
        TableType: 'EXTERNAL_TABLE',
        Parameters: {
          table_type: 'ICEBERG',
          metadata_location: await one.catalog.current(one.table),
          previous_metadata_location: first,
        },
        StorageDescriptor: {
          Location: `s3://lake/${one.table.replace('.', '/')}`,
          Columns: [
            {
              Name: 'sku',
              Type: 'string',
              Comment: 'What it is.',
              Parameters: {
                'iceberg.field.id': '1',
                'iceberg.field.optional': 'true',
                'iceberg.field.current': 'true',
              },
            },
          ],
        },
      });
    });

    it('shows the columns of the contract as it is now, and last those that another program dropped', async () => {
      const one = writer();
      await commit(one, 'a', { columns: [...columns, { name: 'old', type: 'long' }] });
      const { metadata, path } = (await loadTable(one.catalog, one.files, one.table))!;
      const [schema] = metadata.schemas;
      const dropped = { ...schema!, 'schema-id': 1, fields: schema!.fields.slice(0, 1) };
      const theirs = { ...metadata, schemas: [schema!, dropped], 'current-schema-id': 1 };
      await one.files.write('s3://lake/metadata/00009-x.metadata.json', formatMetadata(theirs));
      await one.catalog.swap(one.table, path, 's3://lake/metadata/00009-x.metadata.json', theirs);
      await commit(one, 'b', { columns: [...columns, { name: 'at', type: 'timestamptz' }] });
      const { Columns = [] } = (await entry(one.table)).StorageDescriptor!;
      expect(Columns.map((c) => [c.Name, c.Type, c.Parameters?.['iceberg.field.current']])).toEqual([
        ['sku', 'string', 'true'],
        ['at', 'timestamp', 'true'],
        ['old', 'bigint', 'false'],
      ]);
    });

    it('keeps what other programs say of it', async () => {
      const one = writer();
      await commit(one, 'a');
      const { Parameters, StorageDescriptor } = await entry(one.table);
      const theirs = { Description: 'Ours now', Parameters: { ...Parameters, classification: 'gold' } };
      const { DatabaseName, Name } = address(one.table);
      await glue.send(
        new UpdateTableCommand({ DatabaseName, TableInput: { Name, StorageDescriptor, ...theirs } }),
      );
      await commit(one, 'b');
      expect(await entry(one.table)).toMatchObject({
        Description: 'Ours now',
        Parameters: { classification: 'gold' },
      });
    });

    it('is left alone where it is none of Iceberg', async () => {
      const one = writer();
      const { DatabaseName, Name } = address(one.table);
      await glue.send(new CreateTableCommand({ DatabaseName, TableInput: { Name, Description: 'CSV' } }));
      await expect(commit(one, 'a')).rejects.toMatchObject({
        code: 'catalog.not_iceberg',
        route: 'terminal',
      });
      expect(await entry(one.table)).toMatchObject({ Description: 'CSV' });
      expect(await one.catalog.list()).not.toContain(one.table);
    });

    it('asks for a deploy where the domain has no database', async () => {
      const made = commit(writer('gone.t'), 'a');
      await expect(made).rejects.toMatchObject({ code: 'catalog.no_database', route: 'terminal' });
    });

    it('takes no call to read or commit that the functions may not make', async () => {
      const stack = synthesize();
      const made = new Set<string>();
      const { glue: client } = disturbed({ glue: awsClients(env).glue }, (send, { name }) => {
        made.add(`glue:${name}`);
        return send();
      });
      const one = { ...writer(), catalog: new GlueCatalog({ ...options, client }) };
      const denied = (entry: string) =>
        ['catalog', 'database/retailos_dev', 'table/retailos_dev/stores'].flatMap((resource) =>
          [...made].filter(
            (action) => !may(stack, entry, action, `arn:aws:glue:us-east-1:000000000000:${resource}`),
          ),
        );
      await one.catalog.current(one.table);
      expect(denied(INGEST)).toEqual([]);
      await commit(one, 'a');
      await commit(one, 'b');
      expect([...made]).toEqual(['glue:GetTable', 'glue:CreateTable', 'glue:UpdateTable']);
      expect(denied(COMMIT)).toEqual([]);
    });
  });
}
