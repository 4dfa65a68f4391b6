import { pipelineSuite } from '../pipeline/suite/suite.ts';
import { openDeployed } from './deployed.ts';

pipelineSuite('the emulator', openDeployed);
