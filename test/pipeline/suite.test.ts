import { pipelineSuite } from './suite/suite.ts';
import { testCloud } from './support.ts';

pipelineSuite('one machine', testCloud);
