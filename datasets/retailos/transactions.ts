import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, money } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { atMost } from '../../core/contract/rules.ts';

export const transactions = contract('retailos.transactions', {
  describe: 'One line of a till receipt or of an online order.',
  row: z.object({
    transaction_id: id({ maxLength: 40 }).meta({ examples: ['T000123', 'T000124'] }),
    customer_id: id({ maxLength: 40 })
      .optional()
      .meta({
        describe: 'Absent where nobody showed a card.',
        pii: 'pseudonymous',
        examples: ['C00017', 'C04711'],
      }),
    product_id: id({ maxLength: 40 }).meta({ examples: ['P0234', 'P0017'] }),
    store_id: id({ maxLength: 40 }).meta({ examples: ['S012', 'S003'] }),
    quantity: z.int().positive(),
    unit_price: money({ min: 0 }).meta({ describe: 'In rupees.', aliases: ['price'] }),
    discount: money({ min: 0 }).optional().meta({ describe: 'On one unit, in rupees.' }),
    payment_method: z.enum(['UPI', 'Card', 'Cash', 'Wallet', 'NetBanking']),
    order_source: z.enum(['App', 'Web', 'Store']).default('Store'),
    timestamp: instant(),
  }),
  key: ['transaction_id'],
  partitionBy: month('timestamp'),
  rules: [atMost('discount', 'unit_price')],
  references: {
    customer_id: 'retailos.customers',
    product_id: 'retailos.products',
    store_id: 'retailos.stores',
  },
  freshness: hours(24),
});
