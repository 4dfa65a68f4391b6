import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { boolean, float, id, money, text } from '../../core/contract/fields.ts';

export const products = contract('recomart.products', {
  describe: 'One product of the RecoMart catalogue. Arrives as a JSON list, products.json.',
  row: z.object({
    item_id: id({ pattern: /^\d+$/ }),
    price: money({ min: 0 }),
    brand: text({ maxLength: 100 }).meta({ examples: ['Acme', 'Northwind', 'Contoso'] }),
    category: text({ maxLength: 100 }).meta({ examples: ['Books', 'Toys', 'Garden', 'Audio'] }),
    rating: float({ min: 0, max: 5 }).optional().meta({ describe: 'Average of all ratings, 0 to 5.' }),
    in_stock: boolean(),
  }),
  key: ['item_id'],
});
