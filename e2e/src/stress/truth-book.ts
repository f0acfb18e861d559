/** One comment or message, as whoever made it knows it. */
export type Line = {
  readonly id: string;
  readonly kind: 'comment' | 'message';
  readonly isOwn: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The comment that an own comment answers. */
  readonly parentId?: string;
  text: string;
  isRecalled: boolean;
  isRead: boolean;
  isAnswered: boolean;
};

export type NewLine = Pick<Line, 'id' | 'kind' | 'isOwn' | 'at' | 'text' | 'parentId'>;
export type TopicBook = {
  readonly id: string;
  readonly isPrivate: boolean;
  readonly lines: Line[];
  hintedCount: number;
};

/**
 * What really happened, written down by whoever made it happen: the yardstick that is built without any of the product's
 * code. It counts what a person would count: what others wrote, that is still to be seen, that nobody has read or answered.
 */
export class TruthBook {
  readonly #accounts = new Map<string, Map<string, TopicBook>>();

  topics(accountId: string): readonly TopicBook[] {
    return [...(this.#accounts.get(accountId)?.values() ?? [])];
  }

  /** Throws for one that nobody has written about. */
  topic(accountId: string, topicId: string): TopicBook {
    const found = this.#accounts.get(accountId)?.get(topicId);
    if (!found) throw new Error(`nobody has written in ${topicId} of ${accountId}`);
    return found;
  }

  /** Writes a line down. `isNews`: it happens now, so operators are to be told of it once. */
  add(accountId: string, topicId: string, line: NewLine, isNews: boolean): void {
    const topics = this.#accounts.get(accountId) ?? new Map<string, TopicBook>();
    this.#accounts.set(accountId, topics);
    const topic = topics.get(topicId) ?? {
      id: topicId,
      isPrivate: line.kind === 'message',
      lines: [],
      hintedCount: 0,
    };
    topics.set(topicId, topic);
    if (line.isOwn) {
      for (const earlier of topic.lines)
        if (line.kind === 'message' || earlier.id === line.parentId) earlier.isAnswered = true;
    }
    topic.lines.push({ ...line, isRecalled: false, isRead: false, isAnswered: false });
    if (isNews && !line.isOwn) topic.hintedCount += 1;
  }

  /** An operator has read the topic. Gives how many lines were unread. */
  read(accountId: string, topicId: string): number {
    const topic = this.topic(accountId, topicId);
    const count = unreadIn(topic);
    for (const line of topic.lines) line.isRead = true;
    return count;
  }

  unread(accountId: string): number {
    return this.topics(accountId).reduce((sum, topic) => sum + unreadIn(topic), 0);
  }
}

export const unreadIn = ({ lines }: TopicBook): number =>
  lines.filter(({ isOwn, isRecalled, isRead, isAnswered }) => !isOwn && !isRecalled && !isRead && !isAnswered).length;
