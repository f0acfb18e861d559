/** How much a seeded account holds. Everything is made on first use. */
export type Profile = {
  works: number;
  commentsPerWork: number;
  conversations: number;
  messagesPerConversation: number;
  /** Comments of one extra work, 0 = none; 10 342 in the invented samples. */
  hugeWorkComments: number;
};

export type ProfileName = 'default' | 'tiny' | 'empty' | 'large' | 'huge';

export const PROFILES: { readonly [name in ProfileName]: Profile } = {
  default: { works: 14, commentsPerWork: 18, conversations: 26, messagesPerConversation: 9, hugeWorkComments: 0 },
  tiny: { works: 2, commentsPerWork: 4, conversations: 3, messagesPerConversation: 3, hugeWorkComments: 0 },
  empty: { works: 0, commentsPerWork: 0, conversations: 0, messagesPerConversation: 0, hugeWorkComments: 0 },
  large: { works: 60, commentsPerWork: 40, conversations: 120, messagesPerConversation: 16, hugeWorkComments: 0 },
  huge: { works: 14, commentsPerWork: 18, conversations: 26, messagesPerConversation: 9, hugeWorkComments: 10_342 },
};
