import { killWorker } from '../src/stress/kill-worker.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('kill-worker', killWorker, 50);
