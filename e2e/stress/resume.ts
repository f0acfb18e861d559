import { resume } from '../src/stress/resume.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('resume', resume, 1000);
