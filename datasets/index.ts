/** All datasets. Adding one is a file and a line here. */
import type { Contract } from '../core/contract/model.ts';
import { suggest } from '../core/contract/suggest.ts';
import { WharfError } from '../core/errors.ts';
import { invoiceLines } from './onlineretail/invoice_lines.ts';
import { products as recomartProducts } from './recomart/products.ts';
import { transactions as recomartTransactions } from './recomart/transactions.ts';
import { users } from './recomart/users.ts';
import { customers } from './retailos/customers.ts';
import { inventory as retailosInventory } from './retailos/inventory.ts';
import { products as retailosProducts } from './retailos/products.ts';
import { shipments } from './retailos/shipments.ts';
import { stores } from './retailos/stores.ts';
import { streamingOrders } from './retailos/streaming_orders.ts';
import { transactions as retailosTransactions } from './retailos/transactions.ts';
import { webClickstream } from './retailos/web_clickstream.ts';
import { demandSignals } from './stockgrip/demand_signals.ts';
import { inventory as stockgripInventory } from './stockgrip/inventory.ts';
import { sales } from './stockgrip/sales.ts';

export const datasets: readonly Contract[] = [
  customers,
  retailosProducts,
  stores,
  retailosInventory,
  retailosTransactions,
  streamingOrders,
  shipments,
  webClickstream,
  users,
  recomartProducts,
  recomartTransactions,
  sales,
  stockgripInventory,
  demandSignals,
  invoiceLines,
];

/** Each has a database. */
export const domains: readonly string[] = [...new Set(datasets.map(({ domain }) => domain))];

const byName = new Map(datasets.map((contract) => [contract.name, contract]));

/** The contract of a dataset; undefined where there is none. */
export const findDataset = (name: string): Contract | undefined => byName.get(name);

/**
 * The contract of a dataset.
 * @throws WharfError `dataset.unknown` with the nearest name and all of them
 * @example dataset('retailos.stores').key // ['store_id']
 */
export function dataset(name: string): Contract {
  const found = findDataset(name);
  if (found) return found;
  throw new WharfError(`No dataset "${name}"`, {
    code: 'dataset.unknown',
    route: 'usage',
    fix: suggest(name, [...byName.keys()]),
  });
}
