import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { WharfConfig } from './config.ts';

/** Whether what a stage holds must outlive its stack. */
export const keepsData = ({ stage }: WharfConfig): boolean => stage === 'prod';

/** What becomes of a resource that holds data when it leaves the stack. */
export const removalPolicy = (config: WharfConfig): RemovalPolicy =>
  keepsData(config) ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
