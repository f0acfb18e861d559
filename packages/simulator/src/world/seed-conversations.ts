import type { Conversation, Message } from './model.ts';
import { DIALOGUES } from './phrases.ts';
import type { SeedContext } from './seed-works.ts';
import { textContent } from './text-message.ts';

/** `0:1:<a>:<b>` with the two uids in ascending text order, as in every captured id. */
export function conversationId(uidA: string, uidB: string): string {
  const [first, second] = [uidA, uidB].sort((a, b) => (a < b ? -1 : 1));
  return `0:1:${first}:${second}`;
}

function seedMessages(context: SeedContext, conversation: Conversation, count: number, lastMs: number): Message[] {
  const random = context.random.fork(`dm/${conversation.id}`);
  let atMs = lastMs;
  const newestFirst: Message[] = [];
  const script = random.shuffle(DIALOGUES).flat();
  // An even line is the customer's; whether the last line is the shop's decides where the script is entered.
  const lastTurn = random.chance(0.5) ? 1 : 2;
  for (let back = 0; back < count; back += 1) {
    const turn = 2 * count - lastTurn - back;
    const isOwn = turn % 2 === 1;
    const text = script[turn % script.length] ?? '';
    newestFirst.push({
      serverId: context.ids.named(atMs, `${conversation.id}/m${count - back}`),
      clientId: random.uuid(),
      type: 7,
      sender: isOwn ? context.brand : conversation.peer,
      content: textContent(text),
      createdMs: atMs,
      index: count - back,
      isRecalled: false,
    });
    atMs -= random.int(20, 7200) * 1000;
  }
  return newestFirst.reverse();
}

/** `count` conversations; the newest ends a few minutes before the seeding instant, each next one earlier. */
export function seedConversations(context: SeedContext, count: number, messagesEach: number): Conversation[] {
  const random = context.random.fork('conversations');
  let atMs = context.nowMs - 4 * 60_000;
  return Array.from({ length: count }, (_, index) => {
    const peer = context.people.at(index);
    const conversation: Conversation = {
      id: conversationId(context.brand.uid, peer.uid),
      shortId: context.ids.named(atMs - 86_400_000 * 6, `conversation${index}`),
      peer,
      isStranger: random.chance(0.2),
      unreadCount: 0,
      messages: [],
    };
    conversation.messages = seedMessages(context, conversation, Math.max(1, messagesEach + random.int(-2, 3)), atMs);
    const last = conversation.messages.at(-1);
    conversation.unreadCount = last && last.sender.uid === peer.uid && random.chance(0.5) ? 1 : 0;
    atMs -= random.int(5, 600) * 60_000;
    return conversation;
  });
}
