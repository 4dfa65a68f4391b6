import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { date, id, int } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { atMost } from '../../core/contract/rules.ts';

export const inventory = contract('retailos.inventory', {
  describe: 'Stock of one product in one store at the end of one day.',
  row: z.object({
    store_id: id({ maxLength: 40 }).meta({ examples: ['S012', 'S003'] }),
    product_id: id({ maxLength: 40 }).meta({ examples: ['P0234', 'P0017'] }),
    snapshot_date: date(),
    quantity_on_hand: int({ min: 0 }),
    quantity_reserved: int({ min: 0 }).default(0),
    reorder_point: int({ min: 0 }).optional(),
  }),
  key: ['store_id', 'product_id', 'snapshot_date'],
  partitionBy: month('snapshot_date'),
  rules: [atMost('quantity_reserved', 'quantity_on_hand')],
  references: { store_id: 'retailos.stores', product_id: 'retailos.products' },
  freshness: hours(24),
});
