import { fuzz } from '../src/stress/fuzz.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('fuzz', fuzz, 100);
