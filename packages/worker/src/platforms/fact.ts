import type {
  CommentFacts,
  ContentFacts,
  ConversationFacts,
  MessageFacts,
  ProfileFacts,
} from '@hiscrm/shared/model/facts.ts';

/**
 * What one reading of a page said. `gapsOnly` names fields that this source knows badly (a time worked out from an id):
 * they fill a gap and replace nothing.
 */
export type Fact =
  | { readonly kind: 'profile'; readonly facts: ProfileFacts }
  | { readonly kind: 'content'; readonly facts: ContentFacts; readonly gapsOnly?: readonly (keyof ContentFacts)[] }
  | { readonly kind: 'conversation'; readonly facts: ConversationFacts }
  | { readonly kind: 'comment'; readonly facts: CommentFacts; readonly gapsOnly?: readonly (keyof CommentFacts)[] }
  | { readonly kind: 'message'; readonly facts: MessageFacts; readonly gapsOnly?: readonly (keyof MessageFacts)[] };
export type FactKind = Fact['kind'];
export type FactOf<K extends FactKind> = Extract<Fact, { kind: K }>;
