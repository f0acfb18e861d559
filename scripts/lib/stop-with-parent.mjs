/**
 * Loaded with `--import` into a process that must not outlive the script that started it: a script that was killed
 * with SIGKILL cannot pass anything on, so its child looks for itself. Only the direct child does: what that child
 * starts inherits the flag, but has another parent.
 */
import process from 'node:process';

/** How long an orphan may live on; short enough that a port is free again when a person retries. */
const CHECK_EVERY_MS = 1_000;

const launcher = Number(process.env.HISCRM_LAUNCHER_PID);
if (launcher > 0 && process.ppid === launcher) {
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_EVERY_MS);
  timer.unref();
}
