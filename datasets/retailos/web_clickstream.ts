import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { id, instant, int, text } from '../../core/contract/fields.ts';
import { day } from '../../core/contract/partition.ts';

export const webClickstream = contract('retailos.web_clickstream', {
  describe: 'One thing a visitor did in the web shop or the app.',
  row: z.object({
    event_id: id({ maxLength: 60 }).meta({ examples: ['E0000001', 'E0000002'] }),
    session_id: id({ maxLength: 60 }).meta({ pii: 'pseudonymous', examples: ['s-00017', 's-04711'] }),
    customer_id: id({ maxLength: 40 })
      .optional()
      .meta({ pii: 'pseudonymous', examples: ['C00017', 'C04711'] }),
    event_type: z.enum(['page_view', 'search', 'product_view', 'add_to_cart', 'checkout', 'purchase']),
    page_url: text({ maxLength: 2000 })
      .optional()
      .meta({ examples: ['/', '/p/P0234', '/search?q=rice'] }),
    product_id: id({ maxLength: 40 })
      .optional()
      .meta({ examples: ['P0234', 'P0017'] }),
    device: z.enum(['mobile', 'desktop', 'tablet']).optional(),
    duration_ms: int({ min: 0 }).optional(),
    timestamp: instant({ formats: ['iso', 'epoch_ms'] }),
  }),
  key: ['event_id'],
  partitionBy: day('timestamp'),
  references: { customer_id: 'retailos.customers', product_id: 'retailos.products' },
  freshness: hours(6),
});
