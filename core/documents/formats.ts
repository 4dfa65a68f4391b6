/** Everything a contract can be written as, by the name of the format; those that name a version are told it. */

import type { Contract } from '../contract/model.ts';
import { fieldSql } from '../contract/sql.ts';
import { ident } from '../contract/text.ts';
import { evolveSpec } from '../lake/partition.ts';
import { newSchema } from '../lake/schema.ts';
import { glueColumns } from './glue.ts';
import { jsonSchema, openApiComponent } from './json-schema.ts';
import { markdown } from './markdown.ts';
import { odcs } from './odcs.ts';

const json = (document: unknown): string => `${JSON.stringify(document, undefined, 2)}\n`;

/** The checks of each field, readable: what bulk validation runs, over a relation with a text column a field. */
const sql = (contract: Contract): string =>
  contract.fields
    .map((field) => fieldSql(field, { sql: ident(field.name) }))
    .map(
      ({ field, steps, fine }) =>
        `-- ${field.name}\n${steps.map(([name, sql]) => `--   ${name} is\n${sql}\n`).join('')}--   fine where\n${fine}\n`,
    )
    .join('\n');

function iceberg(contract: Contract): string {
  const schema = newSchema(contract);
  return json({ schema, 'partition-spec': evolveSpec([], contract.partitionBy, schema, 0).spec });
}

export const formats = {
  markdown,
  'json-schema': (contract: Contract) => json(jsonSchema(contract)),
  openapi: (contract: Contract) => json(openApiComponent(contract)),
  odcs,
  glue: (contract: Contract) => json(glueColumns({ schemas: [newSchema(contract)], 'current-schema-id': 0 })),
  iceberg,
  sql,
} as const satisfies Record<string, (contract: Contract, version?: string) => string>;

export type DocumentFormat = keyof typeof formats;
