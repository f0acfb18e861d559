function hash(text: string): number {
  let value = 7;
  for (let i = 0; i < text.length; i += 1) value = (Math.imul(value, 31) + text.charCodeAt(i)) >>> 0;
  return value;
}

/**
 * `box-content` → `box-content-k3x9qa`: the suffix depends on the build, which is another one at every server start. Used by
 * the server for the style sheet and by the pages for their elements.
 */
export function hashedClass(name: string, buildId: string): string {
  const suffix = (hash(`${buildId}/${name}`) * 0x1_0000 + hash(`${name}/${buildId}`)).toString(36);
  return `${name}-${suffix.slice(-6)}`;
}
