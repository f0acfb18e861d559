/**
 * Says whether what is installed is what `package-lock.json` asks for, by content: a git checkout changes times
 * without changing anything, and npm writes its two lock files milliseconds apart.
 *
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, peer?: boolean, devOptional?: boolean }} LockEntry
 * @typedef {{ packages?: Record<string, LockEntry> }} Lockfile
 */

/**
 * The first package that is missing or has another version, or undefined when all is well. Optional packages
 * (prebuilt binaries of other platforms) may be absent, workspaces are links without a version in the hidden lock file.
 *
 * @param {Lockfile} wanted  package-lock.json
 * @param {Lockfile} present node_modules/.package-lock.json
 * @returns {string | undefined}
 */
export function firstDifference(wanted, present) {
  const installed = present.packages ?? {};
  for (const [path, entry] of Object.entries(wanted.packages ?? {})) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue; // the root and the workspaces themselves
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return `${path} is not installed`;
    }
    if (!entry.link && found.version !== entry.version) return `${path} is ${found.version}, wanted ${entry.version}`;
  }
  return undefined;
}
