/**
 * Protocol versions, with what each one changed. A changed shape without another number fails `version.test.ts`.
 * The floor is the oldest peer still understood; it rises only with a decision record.
 *
 * client 1: first; notices only for a client whose hello asks for them. The error code DIRECTORY_ABSENT came later: only who
 * sends notices over REST gets it.
 * client 2: `shown` tells what a visible page has drawn; only to a server that welcomes with 2.
 * worker 1: first; `online` may say in `detail` what of the account cannot be read or answered.
 * worker 2: `worker:changes` may say in `keptAt` when the batch was put on disk.
 */
export const CLIENT_PROTOCOL = 2;
export const CLIENT_PROTOCOL_FLOOR = 1;
export const WORKER_PROTOCOL = 2;
export const WORKER_PROTOCOL_FLOOR = 1;
