/** Which records repeat an earlier one, told by hashes of the whole record and of its key. */
import type { Contract } from '../../core/contract/model.ts';
import { fieldSql, fieldsSql, fineSql, looksForKeys, typedSql, valueName } from '../../core/contract/sql.ts';
import type { Session } from './duckdb.ts';
import type { Part, Source } from './source.ts';

/** Two hashes, each over half of the values: together 128 bits, for the price of one over all. */
function halves(values: readonly string[], as: string): string {
  const half = Math.ceil(values.length / 2);
  const second = values.length > 1 ? values.slice(half) : ["'again'", ...values];
  return `hash(${values.slice(0, half).join(', ')}) AS ${as}1, hash(${second.join(', ')}) AS ${as}2`;
}

/** `SELECT` of a part's records: `_row`, and hashes of the whole record and of its key where a policy needs them. */
export function hashesSql(contract: Contract, source: Source, part: Part): string {
  const keyed = looksForKeys(contract);
  const key = keyed ? contract.fields.filter(({ name }) => contract.key.includes(name)) : [];
  const typed = key.map((field) => fieldSql(field, source.column(field)));
  const hashes = [
    ...(contract.duplicates.rows === 'keep' ? [] : [halves(source.identity, 'row')]),
    ...(keyed ? [halves(key.map(valueName), 'key')] : []),
  ];
  const from = keyed ? typedSql(part.firstScan, typed) : part.firstScan;
  return `SELECT ${['_row', ...hashes].join(', ')} FROM (${from})`;
}

export interface Hashed {
  /** `SELECT` of `_row` and the hashes `row1, row2, key1, key2`, as far as a policy needs them. */
  readonly hashes: string;
  /** How many records there are. */
  readonly rows: number;
  /** For each part, a `SELECT` of its records with `_row` counted through the whole source. */
  readonly records: readonly string[];
}

type Hash = 'row' | 'key';

/** Groups of equal hashes with more than one member. */
const groupsSql = (from: string, hash: Hash): string =>
  `SELECT ${hash}1, ${hash}2, min(_row) AS first FROM (${from}) GROUP BY ${hash}1, ${hash}2 HAVING count(*) > 1`;

/** Members of such groups; `where` may use `first`, the least of the group. */
const membersSql = (from: string, hash: Hash, where: string): string =>
  `SELECT _row${hash === 'key' ? ', key1, key2' : ''} FROM (${from}) JOIN (${groupsSql(from, hash)}) USING (${hash}1, ${hash}2) WHERE ${where}`;

interface Made {
  readonly count: number;
  /** `SELECT` of all its rows. */
  readonly from: string;
}

/** So many hashes are grouped at a time on one connection: about 100 MB. */
const AT_ONCE = 1_000_000;

/** Makes tables of such members, a share of the hashes at a time, on as many connections as the source has parts. */
async function members(
  session: Session,
  { parts }: Source,
  rows: number,
  made: { name: string; from: string; hash: Hash; where: string },
): Promise<Made> {
  const { name, from, hash, where } = made;
  const rounds = Math.max(1, Math.ceil(rows / (AT_ONCE * parts.length)));
  const shares = parts.length * rounds;
  const tables = await session.each(parts, async (_, i, own) => {
    const counts: number[] = [];
    for (let share = i; share < shares; share += parts.length) {
      const some = shares > 1 ? `SELECT * FROM (${from}) WHERE ${hash}1 % ${shares} = ${share}` : from;
      const { Count } = await own.row(`CREATE TABLE ${name}_${share} AS ${membersSql(some, hash, where)}`);
      counts.push(Number(Count));
    }
    return counts;
  });
  return {
    count: tables.flat().reduce((sum, n) => sum + n, 0),
    from: Array.from({ length: shares }, (_, share) => `FROM ${name}_${share}`).join(' UNION ALL '),
  };
}

/**
 * Tells a connection which records repeat: a bit a record for each policy, as a table of them would have to be held
 * in memory by every query that asks.
 */
export async function markRepeats(session: Session, { policies, last }: Marked): Promise<void> {
  for (const policy of policies)
    await session.run(
      `SET VARIABLE repeats_${policy} = (SELECT bitstring_agg(CAST(_row AS INTEGER), 0, ${last}) FROM repeats WHERE policy = '${policy}')`,
    );
}

interface Marked {
  readonly policies: readonly string[];
  /** The greatest `_row` there is. */
  readonly last: number;
}

/**
 * Makes the view `repeats(_row, policy, reason)`. Equal records share a verdict, so hashes alone tell which of them
 * repeat. Records that only share a key do not: the first fine one stays, so those few are judged here.
 * @returns the policies that occur in it
 */
export async function findRepeats(
  session: Session,
  contract: Contract,
  source: Source,
  { hashes, records, rows: rowCount }: Hashed,
): Promise<string[]> {
  const { rows, keys } = contract.duplicates;
  const found: { policy: string; reason: string; made: Made }[] = [];
  if (rowCount <= FEW && (await allDiffer(session, contract, hashes))) return noRepeats(session);
  const later = 'first < _row';
  if (rows !== 'keep') {
    const made = await members(session, source, rowCount, {
      name: 'repeated',
      from: hashes,
      hash: 'row',
      where: later,
    });
    found.push({ policy: rows, reason: 'duplicate_row', made });
  }
  if (looksForKeys(contract)) {
    const left = found[0]?.made.count
      ? `SELECT * FROM (${hashes}) ANTI JOIN (${found[0].made.from}) USING (_row)`
      : hashes;
    const suspects = await members(session, source, rowCount, {
      name: 'suspect',
      from: left,
      hash: 'key',
      where: 'true',
    });
    if (suspects.count > 0) {
      const fine = fineSuspectsSql(contract, source, suspects, records);
      await session.run(`CREATE TABLE fine_suspects AS ${fine}`);
      const { Count } = await session.row(
        `CREATE TABLE rivals AS ${membersSql('FROM fine_suspects', 'key', later)}`,
      );
      const made = { count: Number(Count), from: 'FROM rivals' };
      found.push({ policy: keys, reason: 'duplicate_key', made });
    }
  }
  const all = found.filter(({ made }) => made.count > 0);
  const selects = all.map(
    ({ policy, reason, made }) =>
      `SELECT _row, '${policy}' AS policy, '${reason}' AS reason FROM (${made.from})`,
  );
  if (selects.length === 0) return noRepeats(session);
  await session.run(`CREATE VIEW repeats AS ${selects.join(' UNION ALL ')}`);
  return [...new Set(all.map(({ policy }) => policy))];
}

async function noRepeats(session: Session): Promise<string[]> {
  await session.run(
    "CREATE VIEW repeats AS SELECT 0::BIGINT AS _row, '' AS policy, '' AS reason WHERE false",
  );
  return [];
}

/** Up to so many records, telling that none repeats costs less than planning the search for those that do. */
const FEW = 10_000;

async function allDiffer(session: Session, contract: Contract, hashes: string): Promise<boolean> {
  const looked = [
    ...(contract.duplicates.rows === 'keep' ? [] : ['row1']),
    ...(looksForKeys(contract) ? ['key1'] : []),
  ];
  if (looked.length === 0) return true;
  const differ = looked.map((hash) => `count(DISTINCT ${hash}) = count(*)`).join(' AND ');
  return (await session.row(`SELECT ${differ} AS differ FROM (${hashes})`)).differ === true;
}

function fineSuspectsSql(
  contract: Contract,
  source: Source,
  suspects: Made,
  records: readonly string[],
): string {
  const fields = fieldsSql(contract, source);
  const fine = fineSql(contract, source, fields);
  const judged = records.map((record) =>
    typedSql(`SELECT * FROM (${record}) JOIN (${suspects.from}) USING (_row)`, fields),
  );
  return judged.map((typed) => `SELECT _row, key1, key2 FROM (${typed}) WHERE ${fine}`).join(' UNION ALL ');
}
