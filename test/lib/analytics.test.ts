import { describe, expect, it } from '@jest/globals';
import { synthesize } from './support.ts';

interface Database {
  readonly CatalogId: string;
  readonly DatabaseInput: { readonly Name: string; readonly LocationUri: string };
}

const DATABASE = 'AWS::Glue::Database';

describe('querying', () => {
  it('goes by the rules of the workgroup, whatever a client asks for', () => {
    const stack = synthesize({ wharf: { athenaScanLimit: 50_000_000 } });
    const results = stack.one('AWS::S3::Bucket', 'Results').name;
    expect(stack.one('AWS::Athena::WorkGroup').properties).toMatchObject({
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
    const databases = stack.all<Database>(DATABASE).map(({ properties }) => properties.DatabaseInput);
    expect(databases.map(({ Name, LocationUri }) => [Name, LocationUri])).toEqual([
      ['retailos', `s3://${lake}/lake/retailos`],
      ['recomart', `s3://${lake}/lake/recomart`],
    ]);
  });

  it('keeps the stages of one account apart', () => {
    const names = (stage: string) =>
      synthesize({ stage })
        .all<Database>(DATABASE)
        .map(({ properties }) => properties.DatabaseInput.Name);
    expect(names('test-2')).toEqual(['retailos_test_2', 'recomart_test_2']);
  });

  it('keeps the tables of production when the stack goes', () => {
    const deletions = (stage: string) =>
      synthesize({ stage })
        .all(DATABASE)
        .map(({ deletion }) => deletion);
    expect(deletions('prod')).toEqual(['Retain', 'Retain']);
    expect(deletions('dev')).toEqual(['Delete', 'Delete']);
  });
});
