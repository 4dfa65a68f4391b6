/** The stack as synthesized, every reference replaced by a name, so that a test can ask what follows from it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import { root } from '../../lib/bundling.ts';
import { readConfig } from '../../lib/config.ts';
import { WharfStack } from '../../lib/stack.ts';
import { arnOf, nameOf } from '../../local/topology/names.ts';
import {
  type Template as Raw,
  type Resolve,
  type Resource,
  resolver,
} from '../../local/topology/template.ts';

export const INGEST = 'lambdas/ingest-file/handler.ts';
export const WRITE = 'lambdas/write-events/handler.ts';
export const COMMIT = 'lambdas/commit/handler.ts';
export const REPLAY = 'lambdas/replay/handler.ts';
export const DISTRIBUTE = 'lambdas/distribute/handler.ts';
export const RUN_JOB = 'lambdas/run-job/handler.ts';
export const SWEEP = 'lambdas/sweep/handler.ts';
export const COMPACT = 'lambdas/compact/handler.ts';
export const EXPIRE = 'lambdas/expire/handler.ts';
export const QUARANTINE_AGE = 'lambdas/quarantine-age/handler.ts';
export const CLEAN_UP = 'lambdas/clean-up/handler.ts';

export type Context = Readonly<Record<string, unknown>>;

const { context: inCdkJson } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
  context: Context;
};

const folder = mkdtempSync(join(tmpdir(), 'wharf-test-lib-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An app with the context of cdk.json; `context` goes on top. Nothing is bundled unless the context says so. */
export const app = (context: Context = {}, outdir = mkdtempSync(join(folder, 'cdk.out'))): App =>
  new App({
    outdir,
    builtinCloudFormationValidation: false,
    context: { ...inCdkJson, 'aws:cdk:bundling-stacks': [], ...context },
  });

export function stackIn(of: App): WharfStack {
  return new WharfStack(of, 'Wharf', { config: readConfig(of.node), domains: ['retailos', 'recomart'] });
}

/** A resource with its references resolved. */
export interface Found<Properties> {
  readonly id: string;
  readonly name: string;
  readonly properties: Properties;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What becomes of it when the stack goes. */
  readonly deletion: string | undefined;
}

export type Synthesized = ReturnType<typeof synthesize>;

/** Synthesizes the stack, unbundled. @example synthesize({ stage: 'prod' }).all('AWS::S3::Bucket') */
export function synthesize(context: Context = {}) {
  const template = Template.fromStack(stackIn(app(context))).toJSON() as Raw;
  const resolve: Resolve = resolver(template, {
    ref: (id, resource) => nameOf(id, resource, resolve),
    attribute: (id, resource, attribute) => {
      const name = nameOf(id, resource, resolve);
      return attribute === 'Arn' ? (arnOf(resource, name) ?? `arn:${resource.Type}:${name}`) : name;
    },
  });
  return {
    template,
    /** All resources of a type; never none, so that a test cannot pass by looking at nothing. */
    all<Properties>(type: string): Found<Properties>[] {
      const found = Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
      if (found.length === 0) throw new Error(`the stack has no ${type}`);
      return found.map(([id, resource]) => ({
        id,
        name: nameOf(id, resource, resolve),
        properties: resolve(resource.Properties) as Properties,
        metadata: resource.Metadata ?? {},
        deletion: (resource as Resource & { DeletionPolicy?: string }).DeletionPolicy,
      }));
    },
    /** The one resource of a type whose logical id contains `part`. */
    one<Properties>(type: string, part = ''): Found<Properties> {
      const found = this.all<Properties>(type).filter(({ id }) => id.includes(part));
      if (found.length !== 1) throw new Error(`${found.length} of ${type} have "${part}" in their id`);
      return found[0]!;
    },
    output: (name: string): unknown => resolve(template.Outputs?.[name]?.Value),
  };
}
