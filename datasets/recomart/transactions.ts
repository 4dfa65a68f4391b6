import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, int } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';

export const transactions = contract('recomart.transactions', {
  describe: 'One interaction of a user with a product: a view, an addition to the cart or a purchase.',
  row: z.object({
    user_id: id({ pattern: /^\d+$/ }).meta({ pii: 'pseudonymous' }),
    item_id: id({ pattern: /^\d+$/ }),
    view_mode: z.enum(['view', 'add_to_cart', 'purchase']),
    rating: int({ min: 1, max: 5 }).optional(),
    timestamp: instant()
      .optional()
      .meta({ describe: 'When it happened. Events posted without one get the time of arrival.' }),
  }),
  partitionBy: month('timestamp'),
  references: { user_id: 'recomart.users', item_id: 'recomart.products' },
  freshness: hours(24),
});
