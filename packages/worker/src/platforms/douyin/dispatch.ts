import { type DouyinBases, NOT_WRITE_PATHS, READ_ROUTES, type RouteName, WRITE_PATHS } from './contract.ts';

/**
 * Names the answer by method, exact path and configured origin; undefined for everything this adapter has no use for. Paths
 * that look alike differ in what they do, so nothing is matched by a part of a path except the writes (see contract.ts).
 */
export function routeOf(method: string, url: URL, bases: DouyinBases): RouteName | undefined {
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname;
  for (const route of READ_ROUTES) {
    if (route.method === method && route.path === path && originOf(bases[route.origin]) === url.origin)
      return route.name;
  }
  const isOurs = url.origin === originOf(bases.creator) || url.origin === originOf(bases.www);
  const isWrite = method === 'POST' && WRITE_PATHS.test(path) && !NOT_WRITE_PATHS.test(path);
  return isOurs && isWrite ? 'write' : undefined;
}

const originOf = (base: string): string => new URL(base).origin;
