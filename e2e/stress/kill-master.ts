import { killMaster } from '../src/stress/kill-master.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('kill-master', killMaster, 50);
