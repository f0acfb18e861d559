import { mixedHour } from '../src/stress/mixed-hour.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('mixed-hour', mixedHour, 120);
