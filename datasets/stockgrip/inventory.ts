import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, int } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { before } from '../../core/contract/rules.ts';

export const inventory = contract('stockgrip.inventory', {
  describe: 'What stands at one location of one product, counted at one time.',
  row: z.object({
    date: instant(),
    product_id: id({ maxLength: 40 }).meta({ examples: ['PER-0001', 'FOO-0002', 'HOM-0003'] }),
    location: id({ maxLength: 60 }).meta({ examples: ['warehouse_a', 'store_01', 'store_02'] }),
    stock_level: int({ min: 0 }),
    reserved_stock: int({ min: 0 }).default(0),
    in_transit: int({ min: 0 }).default(0),
    supplier_id: id({ maxLength: 40 })
      .optional()
      .meta({ examples: ['SUP001', 'SUP002'] }),
    last_reorder_date: instant().optional(),
  }),
  key: ['date', 'product_id', 'location'],
  partitionBy: month('date'),
  rules: [before('last_reorder_date', 'date')],
  freshness: hours(24),
});
