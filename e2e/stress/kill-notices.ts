import { killNotices } from '../src/stress/kill-notices.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('kill-notices', killNotices, 20);
