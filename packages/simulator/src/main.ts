import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';
import { PROFILES, type ProfileName } from './world/profile.ts';

/** Customers' actions a minute over all accounts in the demo: lively, but readable. */
const DEMO_RATE_PER_MINUTE = 20;

const { values } = parseArgs({
  options: {
    'creator-port': { type: 'string' },
    'www-port': { type: 'string' },
    'control-port': { type: 'string' },
    'control-token': { type: 'string' },
    seed: { type: 'string' },
    accounts: { type: 'string' },
    profile: { type: 'string' },
    demo: { type: 'boolean' },
    'demo-rate': { type: 'string' },
  },
});

function numberOption(
  name: 'creator-port' | 'www-port' | 'control-port' | 'accounts' | 'demo-rate',
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} wants a number, not ${text}`);
  return value;
}

function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}

function profileOption(): ProfileName | undefined {
  if (values.profile === undefined || isProfileName(values.profile)) return values.profile;
  throw new Error(`--profile wants one of ${Object.keys(PROFILES).join(', ')}`);
}

const simulator = await startSimulator({
  creatorPort: numberOption('creator-port'),
  wwwPort: numberOption('www-port'),
  controlPort: numberOption('control-port'),
  controlToken: values['control-token'],
  seed: values.seed,
  accounts: numberOption('accounts'),
  profile: profileOption(),
});
if (values.demo)
  simulator.startDemoTraffic({ seed: values.seed, ratePerMinute: numberOption('demo-rate') ?? DEMO_RATE_PER_MINUTE });

const { creatorBase, wwwBase, controlBase, controlToken } = simulator;
process.stdout.write(`${JSON.stringify({ creatorBase, wwwBase, controlBase, controlToken })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
