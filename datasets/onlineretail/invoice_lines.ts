import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, instant, int, money, text } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';

export const invoiceLines = contract('onlineretail.invoice_lines', {
  describe:
    'One line of an invoice of a British online gift shop (UCI Online Retail). A cancellation is an invoice whose number starts with C and whose quantities are negative; write-offs have negative quantities and price 0; a quarter of the lines has no customer. All of these are facts and accepted. Refused is a price below 0: it only occurs where bad debt is booked as a sale. The source has no line number; a line that is the same in every column of one delivery is counted as a duplicate and dropped.',
  row: z.object({
    invoice_no: id({ pattern: /^[AC]?\d{6}$/ }).meta({
      describe: 'Six digits; C before them marks a cancellation, A an adjustment.',
      aliases: ['InvoiceNo'],
      examples: ['536365', 'C536379'],
    }),
    stock_code: id({ maxLength: 20 }).meta({
      aliases: ['StockCode'],
      examples: ['85123A', '22423', 'POST', '71053'],
    }),
    description: text()
      .optional()
      .meta({
        aliases: ['Description'],
        examples: [
          'WHITE HANGING HEART T-LIGHT HOLDER',
          'REGENCY CAKESTAND 3 TIER',
          'JUMBO BAG RED RETROSPOT',
        ],
      }),
    quantity: int({ min: -1_000_000, max: 1_000_000 }).meta({
      describe: 'Negative in cancellations and write-offs.',
      aliases: ['Quantity'],
    }),
    invoice_date: instant({ formats: ['iso', 'us'] }).meta({ aliases: ['InvoiceDate'] }),
    unit_price: money({ min: 0 }).meta({
      describe: 'In pounds sterling. 0 in write-offs and gifts.',
      aliases: ['UnitPrice'],
      examples: ['2.55', '3.39', '12.75'],
    }),
    customer_id: id({ pattern: /^\d{5}$/, floatText: true })
      .optional()
      .meta({
        describe:
          'Five digits. Files write it as a decimal (17850.0), as a column with holes becomes in a spreadsheet.',
        aliases: ['CustomerID', 'Customer ID'],
        pii: 'pseudonymous',
        examples: ['17850', '13047'],
      }),
    country: text({ minLength: 1, maxLength: 60 }).meta({
      aliases: ['Country'],
      examples: ['United Kingdom', 'France', 'Germany', 'EIRE'],
    }),
  }),
  partitionBy: month('invoice_date'),
});
