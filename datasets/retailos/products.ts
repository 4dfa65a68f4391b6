import * as z from 'zod';
import { contract, days } from '../../core/contract/contract.ts';
import { boolean, id, money, text } from '../../core/contract/fields.ts';
import { atMost } from '../../core/contract/rules.ts';

export const products = contract('retailos.products', {
  describe: 'One article of the assortment.',
  row: z.object({
    product_id: id({ maxLength: 40 }).meta({ examples: ['P0234', 'P0017'] }),
    product_name: text({ minLength: 1, maxLength: 200 }).meta({
      aliases: ['name'],
      examples: ['Basmati rice 5 kg', 'Filter coffee 500 g', 'Steel bottle'],
    }),
    category: text({ maxLength: 100 }).meta({ examples: ['Grocery', 'Kitchen', 'Apparel', 'Electronics'] }),
    brand: text({ maxLength: 100 })
      .optional()
      .meta({ examples: ['Tulsi', 'Kaveri', 'Himal'] }),
    price: money({ above: 0 }).meta({ describe: 'Selling price in rupees.', aliases: ['unit_price'] }),
    cost: money({ min: 0 }).optional().meta({ describe: 'Purchase price in rupees.' }),
    barcode: id({ pattern: /^\d{8,14}$/ })
      .optional()
      .meta({
        describe: 'EAN or UPC; a leading zero belongs to it.',
        examples: ['0012345678905', '8901234567894'],
      }),
    active: boolean().default(true),
  }),
  key: ['product_id'],
  rules: [atMost('cost', 'price')],
  freshness: days(7),
});
