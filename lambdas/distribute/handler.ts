/** The steps of the distributed road that are no SQL; the state machine in lib/large-files.ts calls them. */
import { z } from 'zod/mini';
import { WharfError } from '../../core/errors.ts';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { GlueWarehouse } from '../../platform/distribute/glue.ts';
import type { DistributeDeps, Plan } from '../../platform/distribute/model.ts';
import { prepare } from '../../platform/distribute/prepare.ts';
import { clear, giveUp, settle } from '../../platform/distribute/settle.ts';
import { registry } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { lineageTo } from '../../platform/lineage.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { distributeEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';

/** Our own plan, as it comes back. */
const plan = z.custom<Plan>((given) => typeof given === 'object' && given !== null && 'prefix' in given);
const delivery = z.string();
/** Rows of an answer as Athena gives them, the names of the columns first. */
const rows = z.array(z.object({ Data: z.array(z.object({ VarCharValue: z.optional(z.string()) })) }));
const failure = z.object({ Error: z.string(), Cause: z.optional(z.string()) });

const event = z.discriminatedUnion('step', [
  z.object({ step: z.literal('prepare'), delivery }),
  z.object({ step: z.literal('settle'), plan, rows }),
  z.object({ step: z.literal('clear'), plan }),
  z.object({
    step: z.literal('fail'),
    // The whole state: what failed may have been the plan itself.
    state: z.object({ delivery, failure, prepared: z.optional(z.object({ plan: z.optional(plan) })) }),
  }),
]);

/** What the state machine goes by. */
interface Prepared {
  readonly ready: boolean;
  readonly plan?: Plan;
}

/**
 * Builds the handler for an environment.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(
  env: Env,
  { find = findDataset, clients = awsClients(env), warehouse }: Parts = {},
) {
  const config = readEnv(distributeEnv, env);
  const { s3, sqs, dynamodb, glue } = clients;
  const objects = new ObjectStore(s3);
  const drift = new DriftStore(dynamodb, config.WHARF_LEDGER_TABLE);
  const deps: DistributeDeps = {
    contract: registry(find, (dataset) => drift.versions(dataset)),
    objects,
    ledger: new Ledger(dynamodb, config.WHARF_LEDGER_TABLE),
    schemas: new Schemas(openCatalog(config, clients, domains), objects),
    warehouse: warehouse ?? new GlueWarehouse(glue, config.WHARF_STAGING_DATABASE),
    askCommit: commitAsker(sqs, config.WHARF_COMMIT_QUEUE_URL),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    limits: config.WHARF_LIMITS,
    tmp: config.WHARF_TMP,
    now: () => new Date(),
    lineage: lineageTo(config.WHARF_LINEAGE_URL),
  };
  return async (given: unknown): Promise<Prepared | undefined> => {
    const asked = event.parse(given);
    switch (asked.step) {
      case 'prepare': {
        const made = await prepare(asked.delivery, deps);
        return { ready: made !== undefined, plan: made };
      }
      case 'settle': {
        const answer = asked.rows.slice(1).map(({ Data }) => Data.map(({ VarCharValue }) => VarCharValue));
        return void (await settle(asked.plan, answer, deps));
      }
      case 'clear':
        return void (await clear(asked.plan.prefix, deps));
      case 'fail': {
        const { delivery, failure, prepared } = asked.state;
        await giveUp(delivery, new WharfError(told(failure), { code: 'distribute.failed' }), deps);
        if (prepared?.plan) await clear(prepared.plan.prefix, deps);
      }
    }
  };
}

/**
 * What failed, in a line. Words that may quote a row are left out: of our function's errors only Wharf's own are told, of
 * Athena's messages, which name values, the first.
 */
function told({ Error: name, Cause = '' }: z.infer<typeof failure>): string {
  try {
    const cause = JSON.parse(Cause) as { errorMessage?: string; AthenaError?: { ErrorMessage?: string } };
    const words =
      name === 'WharfError' ? cause.errorMessage : cause.AthenaError?.ErrorMessage?.split(':', 1)[0];
    return [name, words].filter(Boolean).join(': ');
  } catch {
    return name;
  }
}

export const handler = lazy(() => createHandler(process.env));
