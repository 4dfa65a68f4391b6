import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, money } from '../../core/contract/fields.ts';
import { day } from '../../core/contract/partition.ts';

export const streamingOrders = contract('retailos.streaming_orders', {
  describe: 'One order, told of at the moment it was placed.',
  row: z.object({
    order_id: id({ maxLength: 40 }).meta({ examples: ['12345', '12346'] }),
    timestamp: instant(),
    product_id: id({ maxLength: 40 }).meta({ examples: ['P0234', 'P0017'] }),
    customer_id: id({ maxLength: 40 }).meta({ pii: 'pseudonymous', examples: ['C00017', 'C04711'] }),
    store_id: id({ maxLength: 40 }).meta({ examples: ['S012', 'S003'] }),
    quantity: z.int().positive(),
    price: money({ min: 0 }).meta({ describe: 'Of one unit, in rupees.' }),
    payment_method: z.enum(['UPI', 'Card', 'Cash', 'Wallet', 'NetBanking']),
    order_source: z.enum(['App', 'Web', 'Store']),
  }),
  key: ['order_id'],
  partitionBy: day('timestamp'),
  references: {
    customer_id: 'retailos.customers',
    product_id: 'retailos.products',
    store_id: 'retailos.stores',
  },
  live: {
    revenue: ['quantity', 'price'],
    by: ['store_id', 'payment_method', 'order_source'],
    top: 'product_id',
  },
  freshness: hours(1),
});
