/** What every function has that writes deliveries: where the lake is, and rights to its files. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import type { Analytics } from './analytics.ts';
import type { WharfConfig } from './config.ts';
import type { WharfFunction } from './function.ts';
import type { LedgerTable } from './ledger.ts';
import { LANDING_PREFIX, type LakeZone, type Storage } from './storage.ts';

/** What the constructs get that have such functions, or others that look into the lake. */
export interface WriterProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  readonly storage: Storage;
  readonly ledger: LedgerTable;
  readonly analytics: Analytics;
}

/** Where the lake is, for a function's environment. */
export const lakeEnvironment = ({ storage, ledger, analytics }: WriterProps) => ({
  WHARF_LAKE_BUCKET: storage.lake.bucketName,
  WHARF_LEDGER_TABLE: ledger.table.tableName,
  WHARF_CATALOG: 'glue',
  WHARF_DATABASE_SUFFIX: analytics.suffix,
});

/** The same for a function that closes deliveries, and whom it tells of that. */
export const closerEnvironment = (props: WriterProps): Record<string, string> => ({
  ...lakeEnvironment(props),
  ...(props.config.lineage.url && { WHARF_LINEAGE_URL: props.config.lineage.url }),
});

/** Lets a function read what landed. */
export function allowLanded(reader: WharfFunction, { landing }: Storage): void {
  reader.allow(
    ['s3:GetObject', 's3:GetObjectVersion'],
    [landing.arnForObjects(`${LANDING_PREFIX}*`)],
    NAMED_LATER,
  );
  // Without ListBucket a missing object answers "access denied", and would be retried instead of recorded.
  reader.allow(['s3:ListBucket'], [landing.bucketArn]);
}

/**
 * Lets a function put files where deliveries stand, and look at the tables they are for.
 * @param own zones where it reads and writes besides
 */
export function allowFiles(
  writer: WharfFunction,
  { storage, analytics }: Pick<WriterProps, 'storage' | 'analytics'>,
  ...own: readonly LakeZone[]
): void {
  writer.allow(['s3:GetObject'], storage.lakeObjects('metadata', ...own), NAMED_LATER);
  writer.allow(
    ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
    storage.lakeObjects('data', 'deliveries', ...own),
    NAMED_LATER,
  );
  writer.allow(['s3:ListBucket'], [storage.lake.bucketArn]);
  writer.allow(['glue:GetTable'], analytics.tables, ANY_TABLE);
}
