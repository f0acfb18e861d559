import { parseArgs } from 'node:util';
import type { Stress } from './stress-run.ts';

/** The frame of `npm run stress <name>`: reads --seed and --rounds, prints them and the result, and says by its exit code how it went. */
export async function runStress(name: string, stress: Stress, defaultRounds: number): Promise<void> {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, rounds: { type: 'string' } } });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const rounds = Number(values.rounds ?? defaultRounds);
  console.log(`${name}: --seed ${seed} --rounds ${rounds}`);
  const startedAt = performance.now();
  try {
    const result = await stress({ seed, rounds, say: (line) => console.log(`  ${line}`) });
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const figures = Object.entries(result).map(([key, value]) => `${key} ${value}`);
    console.log(`${name}: ok in ${seconds} s, seed ${seed}, ${rounds} rounds: ${figures.join(', ')}`);
  } catch (error) {
    console.error(`${name}: FAILED with --seed ${seed} --rounds ${rounds}`);
    console.error(error);
    process.exitCode = 1;
  }
}
