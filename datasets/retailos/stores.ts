import * as z from 'zod';
import { contract, days } from '../../core/contract/contract.ts';
import { date, float, id, int, text } from '../../core/contract/fields.ts';
import { before } from '../../core/contract/rules.ts';

export const stores = contract('retailos.stores', {
  describe: 'One shop.',
  row: z.object({
    store_id: id({ maxLength: 40 }).meta({ examples: ['S012', 'S003'] }),
    store_name: text({ minLength: 1, maxLength: 200 }).meta({
      aliases: ['name'],
      examples: ['MG Road', 'Anna Nagar', 'Koregaon Park'],
    }),
    city: text({ maxLength: 100 }).meta({ examples: ['Bengaluru', 'Chennai', 'Pune'] }),
    region: z.enum(['North', 'South', 'East', 'West']),
    store_type: z.enum(['flagship', 'high_street', 'mall', 'outlet']).optional(),
    area_sqm: int({ above: 0 }).optional(),
    latitude: float({ min: -90, max: 90 }).optional(),
    longitude: float({ min: -180, max: 180 }).optional(),
    opened_on: date().optional(),
    closed_on: date().optional(),
  }),
  key: ['store_id'],
  rules: [before('opened_on', 'closed_on')],
  freshness: days(30),
});
