import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** 128 + 9, as after SIGKILL: somebody did not want to wait. */
const FORCED_EXIT_CODE = 137;

/** Resolves with the first signal that asks to stop. A second one ends the process at once. */
export function untilSignal(): Promise<(typeof SIGNALS)[number]> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (isStopping) process.exit(FORCED_EXIT_CODE);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}
