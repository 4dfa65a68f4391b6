/**
 * Runs of jobs in the ledger's table.
 * - `runs#<job>`, sorted by when they were due: a run
 * - `turn#<job>`: the run whose turn it is, where a job lets no two run at a time
 */
import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Ask, Run } from '../../core/schedule/model.ts';

export const RUNS = 'runs#';

/** Runs of a moment sort after it. */
export const runId = ({ due, as }: Pick<Ask, 'due' | 'as'>): string =>
  as === undefined ? due : `${due}~${as}`;

const runKey = (ask: Ask) => ({ pk: `${RUNS}${ask.job}`, sk: runId(ask) });
const turnKey = (job: string) => ({ pk: `turn#${job}`, sk: 'turn' });

type Item = Readonly<Record<string, unknown>>;

const runOf = ({ pk: _pk, sk: _sk, mark: _mark, ...run }: Item): Run => run as unknown as Run;

export class Runs {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get(ask: Ask): Promise<Run | undefined> {
    const found = await this.#get(runKey(ask));
    return found && runOf(found);
  }

  /**
   * Writes a run over what it was, and over nothing else. A write whose answer is lost is sent again, and must not take
   * itself for somebody faster: it knows itself by its mark.
   * @param was as it was read; undefined: there was none
   * @returns whether nobody was faster
   */
  async put(run: Run, was: Run | undefined): Promise<boolean> {
    const mark = randomUUID();
    return this.#put(
      { ...runKey(run), ...run, mark },
      `${was ? 'outcome = :outcome AND tries = :tries' : 'attribute_not_exists(pk)'} OR mark = :mark`,
      { ':mark': mark, ...(was && { ':outcome': was.outcome, ':tries': was.tries }) },
    );
  }

  /** The run of a job that was due last, of those that count. */
  async latest(job: string, counts: (run: Run) => boolean = () => true): Promise<Run | undefined> {
    for await (const run of this.list(job)) if (counts(run)) return run;
    return undefined;
  }

  /** So many runs of a job, the latest first. */
  async newest(job: string, most: number): Promise<Run[]> {
    const found: Run[] = [];
    for await (const run of this.list(job)) if (found.push(run) >= most) break;
    return found;
  }

  /** Runs of a job, the latest first. */
  async *list(job: string): AsyncIterable<Run> {
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `${RUNS}${job}` },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: 100,
          ExclusiveStartKey,
        }),
      );
      for (const item of page.Items ?? []) yield runOf(item);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  /** Takes the turn of a job for a run, where nobody has it, or after the one who had it. @returns who has it now */
  async takeTurn(ask: Ask, after?: string): Promise<string> {
    const mine = runId(ask);
    const item = { ...turnKey(ask.job), job: ask.job, run: mine };
    const condition = 'attribute_not_exists(pk) OR #run IN (:mine, :after)';
    const names = { '#run': 'run' };
    if (await this.#put(item, condition, { ':mine': mine, ':after': after ?? mine }, names)) return mine;
    const held = await this.#get(turnKey(ask.job));
    return held ? String(held.run) : this.takeTurn(ask, after);
  }

  /** Gives a turn back; nothing where it is another's. */
  async endTurn(ask: Ask): Promise<void> {
    await done(
      this.#client.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: turnKey(ask.job),
          ConditionExpression: '#run = :mine',
          ExpressionAttributeNames: { '#run': 'run' },
          ExpressionAttributeValues: { ':mine': runId(ask) },
        }),
      ),
    );
  }

  async #get(Key: Item): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key, ConsistentRead: true }),
    );
    return Item;
  }

  #put(
    Item: Item,
    ConditionExpression: string,
    ExpressionAttributeValues?: Item,
    ExpressionAttributeNames?: Record<string, string>,
  ): Promise<boolean> {
    const put = { TableName: this.#table, Item, ConditionExpression };
    return done(
      this.#client.send(new PutCommand({ ...put, ExpressionAttributeValues, ExpressionAttributeNames })),
    );
  }
}

/** Whether a conditional write was done. */
async function done(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
