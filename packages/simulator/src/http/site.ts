import type { VirtualClock } from '../clock.ts';
import { FaultRegistry, type FaultSite } from '../faults/fault-registry.ts';
import { EncryptedIds } from '../lib/encrypted-ids.ts';
import { Random } from '../lib/random.ts';
import type { Stamp } from '../serialise/envelope.ts';
import type { MediaUrls } from '../serialise/media-url.ts';
import type { AccountWorld } from '../world/account-world.ts';
import type { WorldEvent } from '../world/model.ts';
import { PROFILES, type ProfileName } from '../world/profile.ts';
import { World } from '../world/world.ts';
import { ActionLog } from './action-log.ts';
import { LoginAttempts } from './login-attempts.ts';
import { type Session, Sessions } from './sessions.ts';

/** Behaviour that the real site is known to vary, fixed for a run. */
export type SiteVariant = {
  /** Which works API the works page calls. */
  works: 'work_list' | 'item_list';
  /** Which write API the comment page calls, and so which shape and id namespace the answer has. */
  write: 'creator_v1' | 'publish';
  /** Which documented shape the page state's `messageList` has. */
  messages: 'varied' | 'alt';
};
export type SiteOptions = { seed: string; accountCount: number; profile: ProfileName; variant: SiteVariant };
export type SiteListeners = { onWorldEvent: (event: WorldEvent) => void; onFaultsChanged: () => void };

/** All state of a run. `reset` begins another one; servers and open sockets stay. */
export class Site {
  readonly clock: VirtualClock;
  readonly media: MediaUrls;
  readonly #listeners: SiteListeners;
  options: SiteOptions;
  world: World;
  faults: FaultRegistry;
  sessions: Sessions;
  logins: LoginAttempts;
  log: ActionLog;
  encryptedIds: EncryptedIds;
  random: Random;

  constructor(options: SiteOptions, clock: VirtualClock, media: MediaUrls, listeners: SiteListeners) {
    this.clock = clock;
    this.media = media;
    this.#listeners = listeners;
    this.options = options;
    const fresh = this.#fresh(options);
    this.world = fresh.world;
    this.faults = fresh.faults;
    this.sessions = fresh.sessions;
    this.logins = fresh.logins;
    this.log = fresh.log;
    this.encryptedIds = fresh.encryptedIds;
    this.random = fresh.random;
  }

  /** A new world; sessions, faults, QR codes and the log of the old one are gone. */
  reset(options: SiteOptions): void {
    this.options = options;
    Object.assign(this, this.#fresh(options));
    this.#listeners.onFaultsChanged();
  }

  stamp(): Stamp {
    return { nowMs: this.clock.nowMs(), random: this.random };
  }

  accountOf(session: Session | undefined): AccountWorld | undefined {
    return session ? this.world.account(session.accountUid) : undefined;
  }

  #fresh(options: SiteOptions) {
    const nowMs = (): number => this.clock.nowMs();
    const random = new Random(`${options.seed}/site`);
    const world = { seed: options.seed, accountCount: options.accountCount, profile: PROFILES[options.profile] };
    return {
      world: new World(world, this.clock, (event) => this.#listeners.onWorldEvent(event)),
      faults: new FaultRegistry(random.fork('faults'), () => this.#listeners.onFaultsChanged()),
      sessions: new Sessions(random.fork('sessions')),
      logins: new LoginAttempts(random.fork('logins'), nowMs),
      log: new ActionLog(nowMs),
      encryptedIds: new EncryptedIds(),
      random,
    };
  }
}

/** What a fault sees of a request. */
export function faultSite(
  method: string,
  path: string,
  query: ReadonlyMap<string, string>,
  account: AccountWorld | undefined,
): FaultSite {
  return { accountKeys: account ? [account.key, account.uid] : [], method, path, query };
}
