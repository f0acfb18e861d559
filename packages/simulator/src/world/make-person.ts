import type { Random } from '../lib/random.ts';
import type { Person } from './comment.ts';
import { NICKNAMES, PROVINCES } from './phrases.ts';

const BASE64_URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Real uids have 11, 15 or 16 digits; conversation ids sort them as text, so the lengths must mix. */
function makeUid(random: Random): string {
  return random.digits(random.pick([11, 11, 15, 16]));
}

/** Somebody invented, the same for the same stream. */
export function makePerson(random: Random, index: number): Person {
  const uid = makeUid(random);
  const base = NICKNAMES[index % NICKNAMES.length] ?? '用户';
  const round = Math.floor(index / NICKNAMES.length);
  return {
    uid,
    secUid: `MS4wLjABAAAA${random.text(BASE64_URL, uid.length > 11 ? 64 : 43)}`,
    nickname: round === 0 ? base : `${base}${random.int(2, 999)}`,
    shortId: random.chance(0.6) ? random.digits(10) : '',
    uniqueId: random.chance(0.3) ? `dy${random.hex(8)}` : '',
    gender: random.int(0, 2),
    signature: '',
    avatarKey: random.hex(20),
    province: random.pick(PROVINCES),
    followStatus: random.pick([0, 0, 0, 2]),
    followerStatus: random.int(0, 1),
    followerCount: random.int(3, 2000),
  };
}

/** The customers around one account: made one by one when asked for. The first two share a nickname on purpose. */
export class People {
  readonly #random: Random;
  readonly #made = new Map<number, Person>();
  readonly #byUid = new Map<string, Person>();

  constructor(random: Random) {
    this.#random = random;
  }

  at(index: number): Person {
    const known = this.#made.get(index);
    if (known) return known;
    const person = makePerson(this.#random.fork(`person${index}`), index);
    if (index === 1) person.nickname = this.at(0).nickname;
    this.#made.set(index, person);
    this.#byUid.set(person.uid, person);
    return person;
  }

  add(person: Person): void {
    this.#byUid.set(person.uid, person);
  }

  find(uid: string): Person | undefined {
    return this.#byUid.get(uid);
  }

  all(): Iterable<Person> {
    return this.#byUid.values();
  }
}
