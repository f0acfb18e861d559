import { runStress } from '../src/stress/run-stress.ts';
import { twoWorkers } from '../src/stress/two-workers.ts';

await runStress('two-workers', twoWorkers, 200);
