import { describe, expect, it } from '@jest/globals';
import { statusSql } from '../../core/replay/status.ts';
import { datasets } from '../../datasets/index.ts';
import { synthesize } from './support.ts';

interface Database {
  readonly CatalogId: string;
  readonly DatabaseInput: { readonly Name: string; readonly LocationUri: string };
}

interface View {
  readonly DatabaseName: string;
  readonly TableInput: {
    readonly Name: string;
    readonly TableType: string;
    readonly Parameters: Readonly<Record<string, string>>;
    readonly ViewOriginalText: string;
    readonly StorageDescriptor: { readonly Columns: readonly { readonly Name: string }[] };
  };
}

/** Of domains: there is another for files under way. */
const databasesOf = (stack: ReturnType<typeof synthesize>) =>
  stack.all<Database>('AWS::Glue::Database').filter(({ properties }) => properties.DatabaseInput.LocationUri);

describe('querying', () => {
  it('goes by the rules of the workgroup, whatever a client asks for', () => {
    const stack = synthesize({ wharf: { athenaScanLimit: 50_000_000 } });
    const results = stack.one('AWS::S3::Bucket', 'Results').name;
    expect(stack.one('AWS::Athena::WorkGroup', 'Analytics').properties).toMatchObject({
      Name: 'wharf-dev',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 50_000_000,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          OutputLocation: `s3://${results}/athena/`,
          EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
        },
      },
    });
  });

  it('finds a database for every domain, over its part of the lake', () => {
    const stack = synthesize({ stage: 'prod' });
    const lake = stack.one('AWS::S3::Bucket', 'Lake').name;
    const databases = databasesOf(stack).map(({ properties }) => properties.DatabaseInput);
    expect(databases.map(({ Name, LocationUri }) => [Name, LocationUri])).toEqual([
      ['retailos', `s3://${lake}/lake/retailos`],
      ['recomart', `s3://${lake}/lake/recomart`],
    ]);
  });

  it('finds a view of refused rows for every dataset, in its database', () => {
    const stack = synthesize({ stage: 'prod' });
    const views = stack.all<View>('AWS::Glue::Table').map(({ properties }) => properties);
    const names = views.map(({ DatabaseName, TableInput }) => `${DatabaseName}.${TableInput.Name}`);
    const wanted = datasets.filter(({ domain }) => ['retailos', 'recomart'].includes(domain));
    expect(names.sort()).toEqual(wanted.map(({ name }) => `${name}__refused`).sort());
    for (const { TableInput, DatabaseName } of views) {
      const { TableType, Parameters, ViewOriginalText, StorageDescriptor, Name } = TableInput;
      expect({ TableType, Parameters }).toMatchObject({
        ...{ TableType: 'VIRTUAL_VIEW', Parameters: { presto_view: 'true' } },
      });
      const [, encoded = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(ViewOriginalText) ?? [];
      const view = JSON.parse(Buffer.from(encoded, 'base64').toString());
      const table = `"${DatabaseName}"."${Name.replace('__refused', '__quarantine')}"`;
      expect(view).toMatchObject({ originalSql: statusSql(table), schema: DatabaseName });
      const columns = (of: readonly { name?: string; Name?: string }[]) => of.map((c) => c.name ?? c.Name);
      expect(columns(view.columns)).toEqual(columns(StorageDescriptor.Columns));
      expect(columns(view.columns).join(', ')).toBe(
        '_delivery, _row, line, raw, reasons, received, arrived_at, status, released_by, released_at, released_because',
      );
    }
  });

  it('keeps the stages of one account apart', () => {
    const names = (stage: string) =>
      databasesOf(synthesize({ stage })).map(({ properties }) => properties.DatabaseInput.Name);
    expect(names('test-2')).toEqual(['retailos_test_2', 'recomart_test_2']);
  });

  it('keeps the tables of production when the stack goes', () => {
    const deletions = (stage: string) => databasesOf(synthesize({ stage })).map(({ deletion }) => deletion);
    expect(deletions('prod')).toEqual(['Retain', 'Retain']);
    expect(deletions('dev')).toEqual(['Delete', 'Delete']);
  });
});
