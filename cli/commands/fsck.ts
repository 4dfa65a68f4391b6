/** `wharf fsck`: does everything that is kept fit together? */
import type { Finding, Severity } from '../../core/audit/model.ts';
import { dataset, datasets } from '../../datasets/index.ts';
import { auditDataset, removeOrphans } from '../../platform/audit.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';

const words: Readonly<Record<Severity, string>> = {
  error: pc.red('error'),
  waiting: pc.yellow('waiting'),
  orphan: pc.dim('orphan'),
};

export async function fsck(
  name: string | undefined,
  options: GlobalOptions & { readonly removeOrphans?: boolean },
): Promise<number> {
  const contracts = name ? [dataset(name)] : datasets;
  await using installation = await useInstallation(options.state);
  const findings: Finding[] = [];
  for (const contract of contracts)
    findings.push(
      ...(await auditDataset(contract, {
        ...installation,
        lakeBucket: installation.buckets.lake!,
        now: () => new Date(),
      })),
    );
  const removed = options.removeOrphans ? await removeOrphans(findings, installation.objects) : [];
  const left = findings.filter((finding) => !removed.includes(finding));
  if (options.json)
    printJson({ datasets: contracts.length, findings: left, removed: removed.map(({ path }) => path) });
  else show(contracts.length, left, removed.length);
  return left.some(({ severity }) => severity === 'error') ? exit.failed : exit.done;
}

function show(looked: number, findings: readonly Finding[], removed: number): void {
  if (removed) print(`Removed ${number(removed)} objects that nothing referred to.`);
  if (findings.length === 0) {
    print(pc.green(`All is well: ${number(looked)} datasets, every row and every file accounted for.`));
    return;
  }
  print(
    table(
      ['', 'dataset', 'delivery or file', 'what', 'fix'],
      findings.map(({ severity, dataset: of, delivery, path, what, fix }) => [
        words[severity],
        of,
        delivery ?? path?.slice(path.lastIndexOf('/') + 1),
        what,
        fix,
      ]),
    ),
  );
}
