/** The difficult tables, landed in a cloud of their own. */
import { testCloud } from '../pipeline/support.ts';
import type { Judge } from './demo.ts';
import { hardTables } from './hard.ts';
import { describeTable, s3Properties, tablesOf } from './table.ts';

/** Runs `judge` with a job for each of them. */
export async function withHard(dir: string, judge: Judge): Promise<boolean> {
  await using cloud = await testCloud({ contracts: hardTables.map(({ contract }) => contract) });
  const tables = [];
  for (const { contract, deliveries } of hardTables) {
    const books = { accepted: 0, quarantined: 0 };
    for (const [i, body] of deliveries.entries()) {
      const landed = await cloud.land(contract.name, `${i}.ndjson`, body);
      books.accepted += landed.accepted;
      if (landed.read !== landed.accepted)
        throw new Error(`${contract.name}: ${landed.state}, ${JSON.stringify(landed.reasons)}`);
    }
    const [ought] = tablesOf(contract, books);
    tables.push({
      ...(await describeTable(ought!, cloud, dir)),
      edges: contract.partitionBy.length ? 3 : 8,
    });
  }
  const properties = s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials);
  return await judge({ tables, properties }, cloud.lake);
}
