import * as z from 'zod';
import { contract, days } from '../../core/contract/contract.ts';
import { boolean, date, id, text } from '../../core/contract/fields.ts';

export const customers = contract('retailos.customers', {
  describe: 'One customer of the loyalty programme.',
  row: z.object({
    customer_id: id({ maxLength: 40 }).meta({ pii: 'pseudonymous', examples: ['C00017', 'C04711'] }),
    customer_name: text({ maxLength: 200 }).meta({
      pii: 'direct',
      aliases: ['name'],
      examples: ['Asha Rao', 'Vikram Singh', 'Meera Iyer', 'Zoë Müller'],
    }),
    customer_email: id({ pattern: /^[^@]+@[^@]+[.][^@.]+$/, maxLength: 254 })
      .optional()
      .meta({ pii: 'direct', aliases: ['email'], examples: ['asha@example.com', 'v.singh@example.org'] }),
    phone: id({ pattern: /^[+]?[0-9 ()-]{6,20}$/ })
      .optional()
      .meta({ pii: 'direct', examples: ['+91 98450 12345', '080 2345 6789'] }),
    city: text({ maxLength: 100 })
      .optional()
      .meta({ examples: ['Bengaluru', 'Chennai', 'Pune', 'Delhi'] }),
    postcode: id({ maxLength: 12 })
      .optional()
      .meta({
        describe: 'Text: a leading zero belongs to it.',
        aliases: ['zip', 'pincode'],
        examples: ['560001', '041100'],
      }),
    signup_date: date({ formats: ['iso', 'eu'] }),
    segment: z.enum(['new', 'regular', 'loyal', 'lapsed']).optional(),
    marketing_consent: boolean().default(false),
  }),
  key: ['customer_id'],
  freshness: days(7),
});
