/** The catalogs there are, by the name the environment gives them. ADR 6 says why there are two. */
import type { Catalog } from '../../core/lake/model.ts';
import type { Clients } from '../aws.ts';
import { DynamoCatalog } from './dynamodb.ts';
import { GlueCatalog } from './glue.ts';

export interface CatalogConfig {
  readonly WHARF_CATALOG: keyof typeof catalogs;
  readonly WHARF_LEDGER_TABLE: string;
  readonly WHARF_DATABASE_SUFFIX: string;
}

type Open = (clients: Clients, config: CatalogConfig, domains: readonly string[]) => Catalog;

const catalogs = {
  dynamodb: ({ dynamodb: client }, { WHARF_LEDGER_TABLE: tableName }) =>
    new DynamoCatalog({ client, tableName }),
  glue: ({ glue: client }, { WHARF_DATABASE_SUFFIX: suffix }, domains) =>
    new GlueCatalog({ client, suffix, domains }),
} satisfies Record<string, Open>;

/** The catalog that an environment names. `domains` are those whose tables it lists. */
export const openCatalog = (config: CatalogConfig, clients: Clients, domains: readonly string[]): Catalog =>
  (catalogs[config.WHARF_CATALOG] as Open)(clients, config, domains);
