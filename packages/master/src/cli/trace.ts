import type { Hop, Trace } from '../ops/trace.ts';
import type { CliCommand } from './command.ts';
import { callMaster, folderOf, MasterCallError } from './master-client.ts';
import { table } from './table.ts';

export const trace: CliCommand = {
  name: 'trace',
  usage: '<id>',
  summary:
    'Every hop of one comment, message or reply, with times. <id> is the platform’s id of the item, or a reply’s.',
  argCount: [1, 1],
  run: async (call) => {
    const folder = folderOf(call);
    const id = call.args[0] ?? '';
    const answer = await askFor(folder, id);
    if (answer === 'notRunning') throw new MasterCallError(`no Master runs on ${folder.path}. Start one: hiscrm start`);
    const traces = answer.data as readonly Trace[]; // the same program's own answer
    return { text: traces.map(textOf).join('\n\n'), json: traces };
  },
};

async function askFor(folder: Parameters<typeof callMaster>[0], id: string): ReturnType<typeof callMaster> {
  try {
    return await callMaster(folder, 'GET', `/api/admin/trace/${encodeURIComponent(id)}`);
  } catch (cause) {
    if (!(cause instanceof MasterCallError) || cause.code !== 'NOT_FOUND') throw cause;
    throw new MasterCallError(`no comment, message or reply has the id ${id}.`, { cause, code: cause.code });
  }
}

function textOf({ kind, id, accountId, topicId, state, hops, isComplete }: Trace): string {
  const startAt = hops[0]?.at ?? 0;
  const rows = hops.map((hop) => [
    new Date(hop.at).toISOString(),
    afterText(hop.at - startAt),
    hop.name,
    hop.by,
    hop.seq === undefined ? '' : String(hop.seq),
    hop.note ?? '',
  ]);
  const lines = [
    `${kind} ${id} of account ${accountId} in ${topicId}: ${state}`,
    table(['TIME', 'AFTER', 'HOP', 'BY', 'SEQ', 'NOTE'], rows),
  ];
  if (!isComplete) lines.push('Part of the log is gone or was not looked through: there may have been more.');
  return lines.join('\n');
}

const MS_A_SECOND = 1_000;
/** Beyond it the milliseconds tell nothing. */
const EXACT_MS = 100 * MS_A_SECOND;

/** Clocks of platform, Worker and Master are three: a hop may seem to come before the one that it followed. */
function afterText(ms: Hop['at']): string {
  return Math.abs(ms) < EXACT_MS ? `${ms} ms` : `${Math.round(ms / MS_A_SECOND)} s`;
}
