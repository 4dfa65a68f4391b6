import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, int, money } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';

export const sales = contract('stockgrip.sales', {
  describe: 'Units of one product sold in one channel at one time.',
  row: z.object({
    date: instant(),
    product_id: id({ maxLength: 40 }).meta({ examples: ['PER-0001', 'FOO-0002', 'HOM-0003'] }),
    channel: z.enum(['online', 'pos', 'marketplace', 'wholesale']),
    quantity_sold: int({ above: 0 }),
    revenue: money({ above: 0 }).meta({ describe: 'For all units together.' }),
    customer_segment: z.enum(['premium', 'regular', 'budget']).optional(),
    promotion_code: id({ maxLength: 40 })
      .optional()
      .meta({ examples: ['WINTER20', 'SPRING10'] }),
    fulfillment_method: z.enum(['warehouse', 'store_pickup', 'dropship']).optional(),
  }),
  partitionBy: month('date'),
  freshness: hours(24),
});
