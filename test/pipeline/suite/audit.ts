/** What `wharf fsck` says when all is done. */
import { describe, expect, it } from '@jest/globals';
import { findDataset } from '../../../datasets/index.ts';
import { auditDataset } from '../../../platform/audit.ts';
import type { Part } from './suite.ts';

export const audits: Part = (cloud) =>
  describe('in the end', () => {
    it.each(['recomart.users', 'retailos.stores'])(
      'ledger, manifests, tables and files of %s agree',
      async (dataset) => {
        const { ledger, objects, catalog, env } = cloud();
        const lakeBucket = env.WHARF_LAKE_BUCKET!;
        const now = () => new Date();
        const deps = { ledger, objects, catalog, lakeBucket, now };
        expect((await cloud().deliveries(dataset)).length).toBeGreaterThan(5);
        expect(await auditDataset(findDataset(dataset)!, deps)).toEqual([]);
      },
    );
  });
