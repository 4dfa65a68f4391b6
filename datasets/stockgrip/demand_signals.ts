import * as z from 'zod';
import { contract, hours } from '../../core/contract/contract.ts';
import { float, id, instant, money } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';

export const demandSignals = contract('stockgrip.demand_signals', {
  describe: 'What the world outside says about the demand for one product at one time.',
  row: z.object({
    date: instant(),
    product_id: id({ maxLength: 40 }).meta({ examples: ['PER-0001', 'FOO-0002', 'HOM-0003'] }),
    external_demand: z.enum(['high', 'medium', 'low']),
    market_trend: float({ min: -1, max: 1 }).optional(),
    competitor_price: money({ min: 0 }).optional(),
    weather_factor: z.enum(['hot', 'cold', 'rainy', 'normal']).optional(),
    event_impact: z.enum(['promotion', 'holiday', 'none']).optional(),
    social_sentiment: float({ min: -1, max: 1 }).optional(),
  }),
  key: ['date', 'product_id'],
  partitionBy: month('date'),
  freshness: hours(24),
});
