/** What is watched so that refused rows are not forgotten. The job `quarantine-age` tells the metric. */
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Watch } from './alarms.ts';
import type { WharfConfig } from './config.ts';

/** @example alarms.watch('OldestRefusedRow', oldestRefusedRow(config)) */
export const oldestRefusedRow = ({ stage, refusedRowsWait }: WharfConfig): Watch => ({
  metric: new Metric({
    namespace: 'Wharf',
    metricName: 'OldestRefusedRowAge',
    dimensionsMap: { Stage: stage },
    period: Duration.hours(6),
    statistic: 'Maximum',
  }),
  above: Duration.days(refusedRowsWait).toSeconds(),
  describe: `Quarantine: a refused row has waited for ${refusedRowsWait} days. Replay it, discard it with a reason, or export it for whoever sent it.`,
});
