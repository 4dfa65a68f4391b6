import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int } from '../../core/contract/fields.ts';

export const users = contract('recomart.users', {
  describe: 'One registered user of the RecoMart shop.',
  row: z.object({
    user_id: id({ pattern: /^\d+$/ }).meta({ pii: 'pseudonymous' }),
    age: int({ above: 0 }).meta({ describe: 'In years.', examples: ['23', '35', '47'] }),
    gender: z.enum(['M', 'F']),
    device: z.enum(['Mobile', 'Desktop', 'Tablet']),
  }),
  key: ['user_id'],
});
