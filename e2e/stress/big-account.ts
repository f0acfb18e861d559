import { bigAccount } from '../src/stress/big-account.ts';
import { runStress } from '../src/stress/run-stress.ts';

await runStress('big-account', bigAccount, 50);
