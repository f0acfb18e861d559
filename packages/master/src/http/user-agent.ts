export type Agent = { readonly deviceType: string; readonly platform: string; readonly browser: string };

const PLATFORMS: readonly (readonly [RegExp, string])[] = [
  [/HarmonyOS/i, 'HarmonyOS'],
  [/Android/i, 'Android'],
  [/iPhone|iPad|iPod/i, 'iOS'],
  [/Windows/i, 'Windows'],
  [/Mac OS X|Macintosh/i, 'macOS'],
  [/Linux/i, 'Linux'],
];
/** The first that fits: most agents also name the ones they descend from. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/MicroMessenger/i, 'WeChat'],
  [/Edg\//i, 'Edge'],
  [/OPR\//i, 'Opera'],
  [/Firefox\//i, 'Firefox'],
  [/Electron\//i, 'Electron'],
  [/Chrome\//i, 'Chrome'],
  [/Safari\//i, 'Safari'],
];

/** What a User-Agent header says, roughly: enough for a person who looks down a list. */
export function readAgent(agent: string): Agent {
  const nameIn = (list: readonly (readonly [RegExp, string])[]): string | undefined =>
    list.find(([pattern]) => pattern.test(agent))?.[1];
  const platform = nameIn(PLATFORMS);
  const isTablet = /iPad|Tablet/i.test(agent);
  const isMobile = platform === 'Android' || platform === 'iOS' || platform === 'HarmonyOS';
  const deviceType = isTablet ? 'tablet' : isMobile ? 'mobile' : platform ? 'desktop' : 'program';
  return {
    deviceType,
    platform: platform ?? 'unknown',
    browser: nameIn(BROWSERS) ?? (agent.split(' ', 1)[0] || 'unknown'),
  };
}
