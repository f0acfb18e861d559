/** What a parser must be told beside the answer itself. */
export type ParseContext = {
  /** The account's own user id: whose comments and messages are outbound. */
  readonly selfId: string;
  /** When the answer was seen, ms UTC. */
  readonly observedAt: number;
};
