import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { date, id, int, money } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { absent, before, compare, or, rule, value } from '../../core/contract/rules.ts';

export const shipments = contract('retailos.shipments', {
  describe: 'One consignment from a supplier or a warehouse to a store.',
  row: z.object({
    shipment_id: id({ maxLength: 40 }).meta({ examples: ['SH00042', 'SH00043'] }),
    product_id: id({ maxLength: 40 }).meta({ examples: ['P0234', 'P0017'] }),
    store_id: id({ maxLength: 40 }).meta({ examples: ['S012', 'S003'] }),
    supplier_id: id({ maxLength: 40 })
      .optional()
      .meta({ examples: ['SUP07', 'SUP11'] }),
    quantity: int({ above: 0 }),
    freight_cost: money({ min: 0 }).optional(),
    status: z.enum(['pending', 'shipped', 'in_transit', 'delivered', 'cancelled']),
    ship_date: date(),
    expected_date: date().optional(),
    delivery_date: date().optional(),
  }),
  key: ['shipment_id'],
  partitionBy: month('ship_date'),
  rules: [
    before('ship_date', 'delivery_date'),
    rule(
      'delivery_date_means_delivered',
      'Only a delivered shipment has a delivery date.',
      or(absent('delivery_date'), compare('status', '=', value('delivered'))),
    ),
  ],
  references: { product_id: 'retailos.products', store_id: 'retailos.stores' },
  freshness: hours(24),
});
