/**
 * The parts of fauxqs that its package does not export. `startFauxqs` puts them together in a way that listens on
 * every network interface, hands out one message of a FIFO group at a time and follows `..` in an object's key out
 * of the storage folder; `objects.ts`, `queues.ts` and `emulator.ts` put the same parts together without that.
 * The version is pinned in package.json, so these paths hold until somebody changes it on purpose.
 */

export type { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
export { FileS3Persistence } from '../../node_modules/fauxqs/dist/s3/fileS3Persistence.js';
export { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
export type { S3Object } from '../../node_modules/fauxqs/dist/s3/s3Types.js';
export { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
export { MessageSpy, type SpyMessage } from '../../node_modules/fauxqs/dist/spy.js';
export { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
export type { ReceivedMessage, SqsMessage } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';
