/** What `wharf fsck` says when all is done. */
import { describe, expect, it } from '@jest/globals';
import { findDataset } from '../../../datasets/index.ts';
import type { Part } from './suite.ts';

export const audits: Part = (cloud) =>
  describe('in the end', () => {
    it.each(['recomart.users', 'retailos.stores'])(
      'ledger, manifests, tables and files of %s agree',
      async (dataset) => {
        expect((await cloud().deliveries(dataset)).length).toBeGreaterThan(5);
        expect(await cloud().audit(findDataset(dataset)!, 0)).toEqual([]);
      },
    );
  });
