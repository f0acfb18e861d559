import type { ItemId } from '@hiscrm/shared/model/ids.ts';
import type { Op } from '../lib/op.ts';
import type {
  EchoCheck,
  LoginCheck,
  LoginEnd,
  PlatformSession,
  SendOutcome,
  SendRequest,
  SyncEnd,
} from '../platforms/platform-adapter.ts';

/** A platform that a test decides about, step by step. */
export class FakeSession implements PlatformSession {
  readonly delivered: string[] = [];
  /** What happens before, and what comes after, the one act that sends. */
  onOpen: (op: Op) => Promise<void> = async () => undefined;
  onClick: (op: Op, request: SendRequest) => Promise<SendOutcome> = async () => ({
    kind: 'sent',
    itemId: 'i1' as ItemId,
  });
  echo: EchoCheck = { kind: 'absent' };
  echoCount = 0;

  async sendReply(op: Op, request: SendRequest, beforeClick: () => Promise<'go' | 'stop'>): Promise<SendOutcome> {
    await this.onOpen(op);
    if ((await beforeClick()) === 'stop') return { kind: 'rejected', reason: 'interrupted' };
    this.delivered.push(request.text);
    return this.onClick(op, request);
  }

  async findEcho(): Promise<EchoCheck> {
    this.echoCount += 1;
    return this.echo;
  }

  async checkLogin(): Promise<LoginCheck> {
    return { kind: 'loggedIn', userId: 'u1' };
  }

  async login(): Promise<LoginEnd> {
    return { kind: 'loggedIn', userId: 'u1' };
  }

  watch(): Promise<void> {
    return Promise.resolve();
  }

  async sync(): Promise<SyncEnd> {
    return { kind: 'complete' };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
