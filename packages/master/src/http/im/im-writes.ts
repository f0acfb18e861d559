import type { WorkerReport } from '@hiscrm/shared/model/change.ts';
import type { CommentFacts, ContentFacts, ConversationFacts, MessageFacts } from '@hiscrm/shared/model/facts.ts';
import type { AccountId, ItemId, ReplyId, TopicId } from '@hiscrm/shared/model/ids.ts';
import type { AccountRecord } from '@hiscrm/shared/model/records.ts';
import type { ReplyRecord } from '@hiscrm/shared/model/reply.ts';
import type { ItemKind, TopicKind, TopicRef } from '@hiscrm/shared/model/topic-ref.ts';
import type { Principal } from '@hiscrm/shared/model/visibility.ts';
import type { CommandParams } from '@hiscrm/shared/protocol/commands.ts';
import { ImError } from '@hiscrm/shared/protocol/errors.ts';
import { present } from '../../words/foreign-values.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { ItemInTopic } from './im-objects.ts';
import { ImReads } from './im-reads.ts';

/** Where a fact of a program was read. */
const SOURCE = 'rest';

/** What is known of a topic, an item or a reply, and what was asked for it. */
export class ImWrites {
  readonly reads: ImReads;
  readonly #deps: HttpDeps;

  constructor(deps: HttpDeps) {
    this.#deps = deps;
    this.reads = new ImReads(deps.store);
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** When what a person says is seen: never before what is known, or it would change nothing. */
  after(known: { readonly observedAt: number } | undefined): number {
    return Math.max(this.now(), known?.observedAt ?? 0);
  }

  async addAccount(principal: Principal, platform: string, name: string): Promise<AccountRecord> {
    const { runCommand } = this.#deps.v1;
    const result = await runCommand(principal, { name: 'addAccount', params: { platform, name }, key: this.#key() });
    return this.reads.account(principal, ('accountId' in result ? result.accountId : '') as AccountId); // made by the command
  }

  async changeAccount(principal: Principal, params: CommandParams<'changeAccount'>): Promise<AccountRecord> {
    await this.#deps.v1.runCommand(principal, { name: 'changeAccount', params, key: this.#key() });
    return this.reads.account(principal, params.accountId);
  }

  async removeAccount(principal: Principal, accountId: AccountId): Promise<void> {
    await this.#deps.v1.runCommand(principal, { name: 'removeAccount', params: { accountId }, key: this.#key() });
  }

  /** Everything that has arrived in the topic is read. */
  async readTopic(
    principal: Principal,
    kind: TopicKind,
    id: string,
    accountId: AccountId | undefined,
  ): Promise<TopicRef> {
    const { view } = this.reads.anyTopic(principal, kind, id, accountId);
    const { record } = view;
    const topic: TopicRef = { accountId: record.accountId, kind, id: record.id };
    const params = { topic, upToSeq: record.marks.lastArrivedSeq };
    await this.#deps.v1.runCommand(principal, { name: 'markRead', params, key: this.#key() });
    return topic;
  }

  async markTopic(
    principal: Principal,
    wanted: { readonly kind: TopicKind; readonly id: string; readonly accountId: AccountId | undefined },
    marks: Omit<CommandParams<'markTopic'>, 'topic'>,
  ): Promise<TopicRef> {
    const { record } = this.reads.anyTopic(principal, wanted.kind, wanted.id, wanted.accountId).view;
    const topic: TopicRef = { accountId: record.accountId, kind: wanted.kind, id: record.id };
    await this.#deps.v1.runCommand(principal, { name: 'markTopic', params: { topic, ...marks }, key: this.#key() });
    return topic;
  }

  /** Throws ITEM_NOT_FOUND. */
  async readItem(
    principal: Principal,
    kind: ItemKind,
    id: string,
    accountId: AccountId | undefined,
  ): Promise<ItemInTopic> {
    const { account, item } = this.reads.anyItem(principal, kind, id, accountId);
    const params = { accountId: account.id, itemKind: kind, ids: [item.facts.id] };
    await this.#deps.v1.runCommand(principal, { name: 'markItemsRead', params, key: this.#key() });
    return this.reads.anyItem(principal, kind, id, account.id);
  }

  /** Marks those read that are known; how many were is the answer. */
  async readItems(
    principal: Principal,
    kind: ItemKind,
    ids: readonly string[],
    accountId: AccountId | undefined,
  ): Promise<number> {
    const byAccount = new Map<AccountId, ItemId[]>();
    for (const id of new Set(ids)) {
      const found = this.#findItem(principal, kind, id, accountId);
      if (!found) continue;
      const known = byAccount.get(found.account.id) ?? [];
      known.push(found.item.facts.id);
      byAccount.set(found.account.id, known);
    }
    let count = 0;
    for (const [account, found] of byAccount) {
      const params = { accountId: account, itemKind: kind, ids: found };
      await this.#deps.v1.runCommand(principal, { name: 'markItemsRead', params, key: this.#key() });
      count += found.length;
    }
    return count;
  }

  #findItem(
    principal: Principal,
    kind: ItemKind,
    id: string,
    accountId: AccountId | undefined,
  ): ItemInTopic | undefined {
    try {
      return this.reads.anyItem(principal, kind, id, accountId);
    } catch (error) {
      if (error instanceof ImError && error.code === 'ITEM_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** A person says that the item is gone, or was taken back, on its platform. Nothing happens there. */
  async changeState(
    principal: Principal,
    wanted: { readonly kind: ItemKind; readonly id: string; readonly accountId: AccountId | undefined },
    state: 'deleted' | 'recalled',
  ): Promise<ItemInTopic> {
    const { account, item } = this.reads.anyItem(principal, wanted.kind, wanted.id, wanted.accountId);
    const { id, topicId } = item.facts;
    await this.recordItem(principal, account.id, {
      id,
      topicId,
      kind: wanted.kind,
      state,
      observedAt: this.after(item.facts),
    });
    return this.reads.anyItem(principal, wanted.kind, id, account.id);
  }

  /** Writes down a fact about an item. */
  async recordItem(
    principal: Principal,
    accountId: AccountId,
    facts:
      | ({ readonly kind: 'comment' } & Partial<CommentFacts>)
      | ({ readonly kind: 'message' } & Partial<MessageFacts>)
      | {
          readonly kind: ItemKind;
          readonly id: ItemId;
          readonly topicId: TopicId;
          readonly state: 'deleted' | 'recalled';
          readonly observedAt: number;
        },
  ): Promise<void> {
    const kind = facts.kind === 'comment' ? 'comment.observed' : 'message.observed';
    const known = present<object>({ ...this.#provenance(), ...facts });
    await this.#record(principal, accountId, { kind, accountId, facts: known } as WorkerReport); // checked by its schema next
  }

  /** Writes down a fact about a work or a conversation. */
  async recordTopic(
    principal: Principal,
    accountId: AccountId,
    change:
      | {
          readonly kind: 'content.observed';
          readonly facts: { readonly [K in keyof ContentFacts]?: ContentFacts[K] | undefined };
        }
      | {
          readonly kind: 'conversation.observed';
          readonly facts: { readonly [K in keyof ConversationFacts]?: ConversationFacts[K] | undefined };
        },
  ): Promise<void> {
    const facts = present<object>({ ...this.#provenance(), ...change.facts });
    await this.#record(principal, accountId, { kind: change.kind, accountId, facts } as WorkerReport); // checked by its schema next
  }

  /** Asks for an answer; the same request id never makes a second one. */
  async send(
    principal: Principal,
    params: CommandParams<'sendReply'>,
    requestId: string | undefined,
  ): Promise<ReplyRecord> {
    const key = requestId === undefined ? this.#key() : `im-request:${requestId}`;
    const result = await this.#deps.v1.runCommand(principal, { name: 'sendReply', params, key });
    const reply = 'replyId' in result ? this.#deps.store.reply(result.replyId) : undefined;
    if (!reply) throw new ImError('REPLY_NOT_FOUND'); // its account was removed in the same moment
    return reply;
  }

  /** A person says what became of a reply of which nobody knows. */
  async settle(principal: Principal, replyId: ReplyId, wasSent: boolean): Promise<void> {
    await this.#deps.v1.runCommand(principal, { name: 'settleReply', params: { replyId, wasSent }, key: this.#key() });
  }

  async #record(principal: Principal, accountId: AccountId, report: WorkerReport): Promise<void> {
    this.reads.account(principal, accountId);
    await this.#deps.v1.recordFacts(principal, accountId, [report]);
  }

  #provenance(): { readonly source: string; readonly observedAt: number } {
    return { source: SOURCE, observedAt: this.now() };
  }

  #key(): string {
    return `im-${this.#deps.v1.newId()}`;
  }
}
