import { douyinAdapter } from './douyin/adapter.ts';
import type { DouyinBases } from './douyin/contract.ts';
import type { PlatformAdapter } from './platform-adapter.ts';

/** Every platform this Worker can drive. A platform is one folder and one line here. */
export function openRegistry(bases: { douyin: DouyinBases }): ReadonlyMap<string, PlatformAdapter> {
  const adapters: readonly PlatformAdapter[] = [douyinAdapter(bases.douyin)];
  return new Map(adapters.map((adapter) => [adapter.platform, adapter]));
}
