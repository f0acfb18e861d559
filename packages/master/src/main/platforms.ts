/** Platforms that accounts may be added for: those that a Worker of ours has an adapter for. */
export const PLATFORMS: readonly string[] = ['douyin'];
