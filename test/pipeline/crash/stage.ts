/** Where stories are played, and what is seen at their end when all went well. */
import { afterAll, beforeAll } from '@jest/globals';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { testCloud } from '../support.ts';
import type { Stage } from './enumerate.ts';
import { openMail } from './mail.ts';

/** A cloud that feeds no function, for the tests of a file: theirs once they begin. */
export function openStage(): Stage {
  const stage: Partial<{ -readonly [Name in keyof Stage]: Stage[Name] }> = {};
  beforeAll(async () => {
    const cloud = await testCloud({ fed: false });
    const engine = await Engine.open({ dir: cloud.env.WHARF_TMP!, memoryMb: 300, threads: 1 });
    Object.assign(stage, { cloud, engine, mail: openMail(cloud.sqs) });
  }, 60_000);
  afterAll(async () => {
    await stage.cloud?.[Symbol.asyncDispose]();
    stage.engine?.[Symbol.dispose]();
  });
  return stage as Stage;
}

/** Milliseconds for a story played once for each of its writes. */
export const LONG = 240_000;

export const shown = {
  rows: [{ user_id: '1', age: '31' }, { user_id: '4' }],
  refused: [{ _row: '2', reasons: ['out_of_range:age'] }],
};
export const committed = { state: 'committed', balanced: true };
export const closed = { state: 'committed', closedAsTold: true, filesAsWritten: true };
