/** The CDK app: one stack a stage. `npx cdk synth` needs no account. */
import { App } from 'aws-cdk-lib/core';
import { domains } from '../datasets/index.ts';
import { readConfig } from '../lib/config.ts';
import { WharfStack } from '../lib/stack.ts';

const app = new App();
const config = readConfig(app.node);

new WharfStack(app, `Wharf-${config.stage}`, {
  config,
  domains,
  description: 'Wharf: files in, checked Iceberg tables out',
  env: { account: config.account, region: config.region },
});
