import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's second recommendation for argon2id: 19 MiB, two passes; about 30 ms on one core, in the thread pool. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Shorter ones fall to guessing even through the login's limits. */
export const PASSWORD_MIN_CHARS = 8;
/** Far above any passphrase; hashing a megabyte would be a gift to an attacker. */
export const PASSWORD_MAX_CHARS = 200;
/** Each hash holds 19 MiB while it runs. */
const HASHES_AT_ONCE_COUNT = 4;
/** Beyond this many waiting, a login is told to come back: a queue of 30 ms jobs must not grow without end. */
const HASHES_WAITING_LIMIT_COUNT = 200;
const RETRY_AFTER_MS = 1_000;

/** Makes and checks argon2id hashes off the event loop, a few at a time. */
export class Passwords {
  #runningCount = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  /** Throws BAD_REQUEST when the password is too short or too long; TOO_MANY when too many hashes wait. */
  async hash(password: string): Promise<string> {
    if (password.length < PASSWORD_MIN_CHARS || password.length > PASSWORD_MAX_CHARS) {
      throw new ImError('BAD_REQUEST', {
        reason: `a password has ${PASSWORD_MIN_CHARS} to ${PASSWORD_MAX_CHARS} characters`,
      });
    }
    return this.#inTurn(() => hash(password, COST));
  }

  /** Without a stored hash it takes as long and says no, so that time does not tell which users exist. */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    if (password.length > PASSWORD_MAX_CHARS) return false;
    this.#decoy ??= hash('nobody has this password', COST);
    const against = stored ?? (await this.#decoy);
    const isRight = await this.#inTurn(() => verify(against, password));
    return isRight && stored !== undefined;
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#waiting.length >= HASHES_WAITING_LIMIT_COUNT)
      throw new ImError('TOO_MANY', { retryAfterMs: RETRY_AFTER_MS });
    if (this.#runningCount < HASHES_AT_ONCE_COUNT) this.#runningCount++;
    else await this.#turn();
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#runningCount--;
    }
  }

  /** Resolves when a finished hash hands its place on. */
  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }
}
