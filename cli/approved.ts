/** Contracts as the pipeline of a state folder has them now, for commands that want nothing else of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { Contract } from '../core/contract/model.ts';
import { contractAt, type Version } from '../core/contract/versions.ts';
import { WharfError } from '../core/errors.ts';
import { lockState } from '../local/lock.ts';
import { startDynamoDb } from '../local/services/dynamodb.ts';
import { awsClients, type Env } from '../platform/aws.ts';
import { DriftStore } from '../platform/drift/store.ts';
import { note } from './output.ts';
import { findRunning } from './running.ts';

export interface Approved {
  readonly contract: Contract;
  /** How often it was changed by approvals and their undoing; 0: it is the code's own. */
  readonly version: number;
}

/** Reads the versions of contracts, with nothing started but the ledger. */
async function versionsIn(state: string, names: readonly string[]): Promise<(readonly Version[])[]> {
  const read = async (env: Env) => {
    const { dynamodb, ...others } = awsClients(env);
    try {
      const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
      const ledger = TableNames.find((name) => /ledger/i.test(name));
      const drift = ledger && new DriftStore(dynamodb, ledger);
      return await Promise.all(names.map(async (name) => (drift ? drift.versions(name) : [])));
    } finally {
      for (const client of [dynamodb, ...Object.values(others)]) client.destroy();
    }
  };
  const running = findRunning(state);
  if (running) return read(running.env);
  const kept = join(state, 'dynamodb');
  if (!existsSync(kept)) return names.map(() => []);
  const unlock = lockFree(state);
  if (!unlock) {
    note(`Another command is at work in ${state}: what was approved there is not looked at`);
    return names.map(() => []);
  }
  try {
    const { url, stop } = await startDynamoDb(kept, 0);
    const env = { AWS_ENDPOINT_URL: url, AWS_REGION: 'us-east-1' };
    return await read({ ...env, AWS_ACCESS_KEY_ID: 'wharf', AWS_SECRET_ACCESS_KEY: 'wharf' }).finally(stop);
  } finally {
    unlock();
  }
}

/** Locks a state folder, unless somebody has. */
function lockFree(state: string): (() => void) | undefined {
  try {
    return lockState(state);
  } catch (error) {
    if (error instanceof WharfError && error.code === 'local.state_in_use') return undefined;
    throw error;
  }
}

/** Contracts with what was approved in a state folder; where there is none, as the code has them. */
export async function approvedIn(state: string, bases: readonly Contract[]): Promise<Approved[]> {
  const versions = await versionsIn(
    state,
    bases.map(({ name }) => name),
  );
  return bases.map((base, i) => ({
    contract: contractAt(base, versions[i]!),
    version: versions[i]!.length,
  }));
}

/** The same of one contract; says so beside the result where it is not the code's. */
export async function approvedOne(state: string, base: Contract): Promise<Approved> {
  const [approved] = await approvedIn(state, [base]);
  const { contract, version } = approved!;
  if (contract !== base)
    note(
      `This is version ${version} of the contract, as approved in ${state}: wharf drift diff ${base.name}`,
    );
  return approved!;
}
