/** Somebody on the platform: a customer or the brand itself. */
export type Person = {
  uid: string;
  secUid: string;
  nickname: string;
  shortId: string;
  uniqueId: string;
  gender: number;
  signature: string;
  avatarKey: string;
  province: string;
  followStatus: number;
  followerStatus: number;
  followerCount: number;
};

/** 1 = visible; anything else is hidden or deleted. */
export type CommentStatus = 1 | 2 | 7;

export type Comment = {
  cid: string;
  awemeId: string;
  author: Person;
  text: string;
  createdMs: number;
  status: CommentStatus;
  level: 1 | 2;
  /** Parent's cid, "0" on level 1. */
  replyId: string;
  /** The level-2 comment answered, "0" if none. */
  replyToReplyId: string;
  replyTo: Person | undefined;
  diggCount: number;
  isDigged: boolean;
  isPinned: boolean;
  imageKeys: string[];
};
