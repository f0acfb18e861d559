import { Child, repositoryFile } from '@hiscrm/e2e/harness/child.ts';

/** A peer does nothing but listen. */
const START_DEADLINE_MS = 10_000;

/** A server of `bench/src/peers` in its own process, or another program; it tells its port in a line `listening <port>`. */
export type PeerProcess = { readonly child: Child; readonly port: number };

export async function startPeer(
  file: string,
  cpu: number | undefined,
  args: readonly string[] = [],
): Promise<PeerProcess> {
  const child = new Child({ args: [repositoryFile('bench', 'src', 'peers', `${file}.ts`), ...args], cpu });
  const port = await child.line(`${file} to listen`, START_DEADLINE_MS, (line) => {
    const match = /^listening (\d+)$/.exec(line);
    return match ? Number(match[1]) : undefined;
  });
  return { child, port };
}
