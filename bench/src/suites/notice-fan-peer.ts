import { tempFolder } from '@hiscrm/e2e/harness/temp-folder.ts';
import { until } from '@hiscrm/e2e/harness/until.ts';
import { NoticeStand } from '../lib/notice-stand.ts';
import { NoticeSwarm, noticeId } from '../lib/notice-swarm.ts';
import { sendNotice } from '../lib/send-notice.ts';
import { clientTextFrame } from '../lib/ws-bytes.ts';
import { payload, type StartFanPeer } from './fan-peers.ts';

const CONNECTS_PER_SECOND = 1_500;

/**
 * Room in the lanes for twice the burst of eight notices to ten thousand users. With the contract's default of 50,000 three of the eight
 * wait for room, which says more about the limit than about the hub.
 */
export const WAITING_DELIVERIES_COUNT = 160_000;

type Status = { readonly total: number; readonly received: number };

/** What became of the notices that were sent, beside the deliveries that the swarm counts. */
export type NoticeOutcome = {
  /** From the request to the 202, of notices that were sent while no other was on its way. */
  readonly acceptMs: number[];
  /** How often the lanes were full. */
  refusedCount: number;
  recipientCount: number;
  acknowledgedCount: number;
  /** Records of the last notice, whose 202 was followed by `kill -9`, after the restart. */
  recordsAfterKillCount: number;
};

/**
 * Our notification hub: a message is a notice to everybody over REST. Each is durable with a receive record for every user
 * before its 202, and each delivery is acknowledged by its client, answered, and kept in the user's record. The peers do none
 * of this.
 */
export const noticeFanPeer =
  (outcome: NoticeOutcome): StartFanPeer =>
  async ({ subscribers }) => {
    const folder = tempFolder('bench-notices');
    const stand = await NoticeStand.start(folder.path, subscribers, {
      HISCRM_NOTICE_WAITING_DELIVERIES: String(WAITING_DELIVERIES_COUNT),
    });
    const { master, users } = stand;
    let inFlightCount = 0;
    let lastNumber = 0;
    const send = async (n: number): Promise<void> => {
      lastNumber = n;
      const isAlone = inFlightCount === 0;
      inFlightCount += 1;
      const startedAt = performance.now();
      outcome.refusedCount += await sendNotice(stand.admin, {
        messageId: noticeId(n),
        content: payload(n),
        target: 'all',
      });
      inFlightCount -= 1;
      if (isAlone && inFlightCount === 0) outcome.acceptMs.push(performance.now() - startedAt);
    };
    const statusOf = async (n: number): Promise<Status> => {
      const path = `/api/admin/notification/messages/${noticeId(n)}/receive-status`;
      const { data } = (await stand.admin.get(path)) as { readonly data: Record<string, number> }; // the route's schema
      return { total: data.total_users ?? 0, received: data.received_users ?? 0 };
    };
    return {
      name: 'HisCRM-IM notices',
      pid: master.pid,
      subscribe: async (count) => {
        const swarm = new NoticeSwarm({ port: () => master.port, users });
        swarm.acks = 'in company';
        await swarm.connect(0, count, CONNECTS_PER_SECOND);
        return swarm;
      },
      heartbeat: clientTextFrame('{"type":"ping"}'),
      publish: send,
      conclude: async () => {
        await until('every delivery to be acknowledged', async () => {
          const last = await statusOf(lastNumber);
          return last.received === last.total;
        });
        for (let n = 1; n <= lastNumber; n++) {
          const { total, received } = await statusOf(n);
          outcome.recipientCount += total;
          outcome.acknowledgedCount += received;
        }
        await send(lastNumber + 1);
        await stand.crash();
        outcome.recordsAfterKillCount = (await statusOf(lastNumber)).total;
      },
      close: async () => {
        await stand.close();
        folder.remove();
      },
    };
  };
