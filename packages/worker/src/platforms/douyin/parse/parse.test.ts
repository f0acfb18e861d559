import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEEN_AT, SELF, sampleNames, sampleText } from '../../../testing/samples.ts';
import { recordOf, recordsOf } from './fields.ts';
import { parseLossless } from './lossless-json.ts';
import { parseMessageContent } from './message-content.ts';
import { parseComments } from './parse-comments.ts';
import { parseCommentsV1 } from './parse-comments-v1.ts';
import type { ParseContext } from './parse-context.ts';
import { parseChatRow, parseStoreConversations, peerIdOf } from './parse-conversations.ts';
import { parseItemList } from './parse-item-list.ts';
import { parseMessages } from './parse-messages.ts';
import { parseNotices } from './parse-notices.ts';
import { parseProfile } from './parse-profile.ts';
import { parseUserDetails } from './parse-user-detail.ts';
import { parseWorks } from './parse-works.ts';
import { idTimeOf, timeOf } from './times.ts';

const context: ParseContext = { selfId: SELF, observedAt: SEEN_AT };
const api = { ...context, source: 'api' as const };
const body = (name: string): unknown => parseLossless(sampleText(name));
const field = (name: string, key: string): unknown => recordOf(body(name))?.[key];

test('[AD4] an integer beyond 2^53 survives as text, a smaller one as a number', () => {
  expect(
    parseLossless(
      '{"nid":7616182607687205344,"n":-12,"f":0.1234567890123456789,"s":"7616182607687205344","u":1935502847716204}',
    ),
  ).toEqual({
    nid: '7616182607687205344',
    n: -12,
    f: 0.12345678901234568,
    s: '7616182607687205344',
    u: 1935502847716204,
  });
  const ids = parseWorks(body('content_list_items_unquoted_bigint.json'), context).facts.map((fact) => fact.facts.id);
  expect(ids).toEqual(['7616159835765591867', '7615783595763857941']);
});

test('[AD5] every form of a time becomes ms UTC', () => {
  const ms = 1_773_280_805_697;
  expect(timeOf(1_773_280_805)).toBe(1_773_280_805_000);
  expect(timeOf('1773280805')).toBe(1_773_280_805_000);
  expect(timeOf(ms)).toBe(ms);
  expect(timeOf(String(ms))).toBe(ms);
  expect(timeOf(ms * 1000)).toBe(ms);
  expect(timeOf('2026-03-12T02:00:05.697Z')).toBe(ms);
  expect(timeOf(new Date(ms))).toBe(ms);
  expect(timeOf('发布于2026年03月12日 08:30')).toBe(Date.UTC(2026, 2, 12, 0, 30));
  for (const nothing of [0, -1, Number.NaN, '', 'soon', null, undefined, {}]) expect(timeOf(nothing)).toBeUndefined();
});

test('[AD5] a snowflake tells its second, a little before the platform does', () => {
  const offsets = recordsOf(field('comment_list_creator_v2_select_p1.json', 'comments')).map(
    (row) => Number(timeOf(row.create_time)) - Number(idTimeOf(String(row.cid))),
  );
  for (const offsetMs of offsets) expect(offsetMs).toBeGreaterThanOrEqual(1_000);
  for (const offsetMs of offsets) expect(offsetMs).toBeLessThanOrEqual(11_000);
  expect(idTimeOf('98420176635')).toBeUndefined();
});

test('K: the account itself', () => {
  expect(parseProfile(body('user_profile_creator.json'), SEEN_AT)).toEqual({
    platformUserId: SELF,
    nickname: '青屿陶作室',
    handle: '40917725386',
    avatarUrl: expect.stringContaining('1080x1080/0814819c44de930a6914'),
    signature: '手作陶器，周三周六上新',
    followerCount: 18_342,
    followingCount: 96,
    contentCount: 128,
    likedCount: 420_911,
    aliases: ['MS4wLjABAAAAYCDmyh2VTorfdBzu5RZZ-a1XGsMx3TmCIQAcBuGPaLjAooM6nnOWGdlvtZtgMrdW', '40917725386'],
    source: 'api',
    observedAt: SEEN_AT,
  });
});

test('A: works with their figures, joined by id', () => {
  const { facts, hasMore } = parseWorks(body('content_list_work_list_p1.json'), context);
  expect(hasMore).toBe(true);
  expect(facts[0]?.facts).toMatchObject({
    id: '7616159835765591867',
    type: 'video',
    title: '雾蓝釉盘出窑',
    publishedAt: 1_773_275_400_000,
    rawTime: '1773275400',
    durationMs: 27_334,
    state: 'public',
    allowComment: true,
    stats: { playCount: 836, likeCount: 57, commentCount: 6, shareCount: 4, collectCount: 12 },
  });
  expect(facts.map((fact) => fact.facts.type)).toContain('images');
  expect(facts.map((fact) => fact.facts.state)).toEqual(expect.arrayContaining(['private', 'reviewing']));
  expect(parseWorks(body('content_list_work_list_p2_end_overlap.json'), context).hasMore).toBe(false);
});

test('B: the encrypted id of a work is an alias of the plain one, and its time is only a gap filler', () => {
  const [first] = parseItemList(body('content_list_item_list_v1.json'), context).facts;
  expect(first?.gapsOnly).toContain('publishedAt');
  expect(first?.facts).toMatchObject({
    id: '7616159835765591867',
    aliases: ['@j/Wq7nHc2ZtLo9PD+SI3nvVV+T8HhdfStWuXUeA+yFUC9ZOTajjDp2PXaR+Vxx='],
    stats: { commentCount: 6 },
    publishedAt: idTimeOf('7616159835765591867'),
  });
});

test('[DM7] E: comments with previews of their answers; the account\u2019s own are outbound', () => {
  const { facts, hasMore } = parseComments(body('comment_list_creator_v2_select_p1.json'), api);
  expect(hasMore).toBe(true);
  const [pinned, first, preview] = facts.map((fact) => fact.facts);
  expect(pinned).toMatchObject({
    id: '7616176158612512118',
    direction: 'out',
    isPinned: true,
    text: '周六上午十点，链接会放主页～',
  });
  expect(first).toEqual({
    kind: 'comment',
    id: '7616179165551384839',
    topicId: '7616159835765591867',
    author: {
      id: '98420176635',
      name: '米粒早安',
      avatarUrl: expect.stringContaining('5d011c6cba23e071daab'),
      aliases: ['MS4wLjABAAAAtVDY627x2zMwUjJooP5IdXmc_vzpQFO4yMk4jft0IqX'],
    },
    direction: 'in',
    text: '这个蓝色也太温柔了[比心][比心]周六几点上架呀',
    at: 1_773_279_900_000,
    rawTime: '1773279900',
    state: 'visible',
    likeCount: 4,
    replyCount: 2,
    isPinned: false,
    ipLabel: '广东',
    source: 'api',
    observedAt: SEEN_AT,
  });
  expect(preview).toMatchObject({
    id: '7616179422484705627',
    parentId: first?.id,
    direction: 'out',
    text: '上午十点哦',
  });
  const image = facts.map((fact) => fact.facts).find((fact) => fact.media);
  expect(image?.media?.[0]).toMatchObject({ kind: 'image', widthPx: 1080, heightPx: 1434 });
});

test('E: an empty list is an end, not a mistake', () => {
  expect(parseComments(body('comment_list_creator_v2_select_empty.json'), api)).toMatchObject({
    facts: [],
    hasMore: false,
  });
});

test('F: an answer knows its parent and what it answers', () => {
  const facts = parseComments(body('replies_creator_v2.json'), api, { parentId: '7616179165551384839' }).facts.map(
    (fact) => fact.facts,
  );
  expect(facts.map(({ id, parentId, replyToId, direction }) => ({ id, parentId, replyToId, direction }))).toEqual([
    { id: '7616179422484705627', parentId: '7616179165551384839', replyToId: undefined, direction: 'out' },
    { id: '7616179682400976510', parentId: '7616179165551384839', replyToId: '7616179422484705627', direction: 'in' },
  ]);
});

test('G: www says has_more as a number and has stickers', () => {
  const { facts } = parseComments(body('comment_list_www.json'), { ...context, source: 'www' });
  expect(facts.some((fact) => fact.facts.media?.some((media) => media.kind === 'sticker'))).toBe(true);
  expect(facts.every((fact) => fact.facts.source === 'www')).toBe(true);
});

test('C and D hold encrypted ids only', () => {
  const { facts } = parseCommentsV1(body('comment_list_creator_v1.json'));
  expect(facts).toHaveLength(4);
  expect(facts[0]).toMatchObject({
    text: '这个蓝色也太温柔了[比心][比心]周六几点上架呀',
    at: 1_773_279_900_000,
    authorName: '米粒早安',
    isFromAccount: false,
    level: 1,
  });
  expect(parseCommentsV1(body('replies_creator_v1.json')).facts[0]).toMatchObject({ isFromAccount: true, level: 2 });
});

test('J: a comment notice tells of a comment and its work, without counts', () => {
  for (const [name, key] of [
    ['notice_list_www.json', 'notice_list_v2'],
    ['realtime_notice_push.json', 'noticePushList'],
  ] as const) {
    const { facts, unknownTypes } = parseNotices(field(name, key), context);
    expect(unknownTypes).toEqual([]);
    const comment = facts.find((fact) => fact.kind === 'comment')?.facts;
    expect(comment).toMatchObject({
      id: '7616182600365655665',
      topicId: '7616159835765591867',
      parentId: '7616174012058693718',
      text: '谢谢！',
      at: 1_773_280_700_000,
      source: 'notice',
    });
    expect(comment).not.toHaveProperty('likeCount');
    expect(facts.find((fact) => fact.kind === 'content')?.facts).toMatchObject({
      id: '7616159835765591867',
      type: 'video',
    });
  }
});

test('I: a profile is keyed by its sec_uid', () => {
  const people = parseUserDetails(body('im_user_detail.json'));
  expect(people).toHaveLength(5);
  expect(people[0]).toMatchObject({
    secUid: 'MS4wLjABAAAAtVDY627x2zMwUjJooP5IdXmc_vzpQFO4yMk4jft0IqX',
    name: '米粒早安',
  });
});

test('imStore: a conversation is keyed by its composite id, its partner is whoever is not the account', () => {
  const facts = parseStoreConversations(
    field('conversation_list_imstore.json', 'converSationListOrigin'),
    {},
    context,
  ).map((fact) => fact.facts);
  expect(facts[0]).toMatchObject({
    id: '0:1:1935502847716204:98420176635',
    type: 'private',
    peer: { id: '98420176635', aliases: ['MS4wLjABAAAAtVDY627x2zMwUjJooP5IdXmc_vzpQFO4yMk4jft0IqX'] },
    platformUnreadCount: 2,
    aliases: ['7613606065020307419'],
  });
  expect(facts[1]?.peer?.id).toBe('10915523847');
  expect(peerIdOf(`0:1:${SELF}:${SELF}`, SELF)).toBeUndefined();
  expect(peerIdOf('0:2:1:2', SELF)).toBeUndefined();
});

test('chat rows: names come from the profiles', () => {
  const [row] = recordsOf(field('conversation_rows_creator_chat_props.json', 'rows'));
  const people = (secUid: string) => (secUid.endsWith('4jft0IqX') ? { name: '米粒早安' } : undefined);
  expect(row && parseChatRow(row, people, context)?.facts).toMatchObject({
    peer: { id: '98420176635', name: '米粒早安' },
  });
});

test('[AD7] messages of every kind, none lost; commands are none', () => {
  const rows = recordOf(body('message_list_imstore_varied.json'));
  const list = Object.values(rows ?? {}).find(Array.isArray) ?? body('message_list_imstore_varied.json');
  const facts = parseMessages(list, context, 'pageState').map((fact) => fact.facts);
  expect(facts.map(({ type, direction, state }) => `${type} ${direction} ${state}`)).toEqual([
    'system in visible',
    'text in visible',
    'text out visible',
    'sticker in visible',
    'image in visible',
    'share in visible',
    'audio in visible',
    'video in visible',
    'card out visible',
    'link out visible',
    'shareComment in visible',
    'text in recalled',
    'system out visible',
    'unsupported in visible',
    'unsupported in visible',
    'text in visible',
  ]);
  expect(facts[5]?.media?.[0]).toMatchObject({ kind: 'work', refId: '7616159835765591867' });
  expect(facts[6]?.media?.[0]).toMatchObject({ kind: 'audio', durationMs: 4_200 });
  expect(facts.at(-1)).toMatchObject({
    id: '7616181748337899627',
    topicId: '0:1:1935502847716204:98420176635',
    text: '@青屿陶作室 想要两只，能留吗？',
    at: 1_773_280_500_568,
    clientMessageId: '83b332af-d0ce-4681-9013-6ff7f0e63559',
  });
});

test('the store\u2019s other documented shape and the bubbles say the same', () => {
  const alt = parseMessages(
    field('message_list_imstore_alt_shape.json', 'messageList') ?? body('message_list_imstore_alt_shape.json'),
    context,
    'pageState',
  );
  expect(alt.length).toBeGreaterThan(0);
  for (const { facts } of alt) expect(facts.at).toBeGreaterThan(Date.UTC(2026, 0, 1));
  const bubbles = parseMessages(field('message_bubbles_creator_chat_props.json', 'bubbles'), context, 'dom').map(
    (fact) => fact.facts,
  );
  expect(bubbles[1]).toMatchObject({
    id: '7616152113018728401',
    type: 'text',
    direction: 'in',
    author: { id: '98420176635', name: '米粒早安' },
  });
  expect(bubbles[2]).toMatchObject({ id: '7616152542595742548', direction: 'out', text: '有的，周六上午十点上架' });
});

test('a pushed message is one with its id, not with its text', () => {
  const [pushed] = parseMessages(field('realtime_msg_push.json', 'msgListToPush'), context, 'pageState');
  expect(pushed?.facts).toMatchObject({
    id: '7616183058228701465',
    text: '在线等～',
    at: 1_773_280_805_697,
    direction: 'in',
  });
});

/** Every parser, given anything. */
function parseAll(value: unknown): void {
  parseProfile(value, SEEN_AT);
  parseWorks(value, context);
  parseItemList(value, context);
  parseComments(value, api);
  parseCommentsV1(value);
  parseUserDetails(value);
  const record = recordOf(value);
  for (const list of [value, ...Object.values(record ?? {})]) {
    parseNotices(list, context);
    parseMessages(list, context, 'dom');
    parseStoreConversations(list, list, context);
    for (const row of recordsOf(list)) parseChatRow(row, () => undefined, context);
  }
}

test('[AD3] no parser throws on a sample cut anywhere or with a value swapped', () => {
  const texts = sampleNames().map(sampleText);
  const swapped = fc.constantFrom('null', '0', '""', '[]', '{}', 'true', '-1e99', '"x"', '7616182607687205344');
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.double({ min: 0, max: 1, noNaN: true }),
      swapped,
      (text, where, value) => {
        parseAll(parseLossless(text.slice(0, Math.floor(text.length * where))));
        let turn = Math.floor(where * (text.match(/:\s*/g)?.length ?? 0));
        parseAll(
          parseLossless(
            text.replace(/:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null)/g, (all) =>
              turn-- === 0 ? `:${value}` : all,
            ),
          ),
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('[AD3] no parser throws on arbitrary JSON, and message contents always say something', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: -10, max: 80_000 }), (value, type) => {
      parseAll(value);
      expect(['message', 'command']).toContain(parseMessageContent(type, value).kind);
      expect(['message', 'command']).toContain(parseMessageContent(type, JSON.stringify(value)).kind);
    }),
  );
});
