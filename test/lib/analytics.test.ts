import { describe, expect, it } from '@jest/globals';
import { synthesize } from './support.ts';

interface Database {
  readonly CatalogId: string;
  readonly DatabaseInput: { readonly Name: string; readonly LocationUri: string };
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
