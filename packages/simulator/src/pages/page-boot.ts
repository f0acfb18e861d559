/** What the server puts into every page for its script. */
export type PageBoot = {
  buildId: string;
  /** Name of the property under which elements hold their fiber-like object. */
  fiberKey: string;
  propsKey: string;
  account: { nickname: string; uniqueId: string; avatar: string } | undefined;
  variant: { works: 'work_list' | 'item_list'; write: 'creator_v1' | 'publish'; messages: 'varied' | 'alt' };
  creatorBase: string;
};
