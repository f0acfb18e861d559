import type { ConfirmPlan } from '@hiscrm/shared/model/notice.ts';

/** What is due while somebody has not confirmed. */
export type ConfirmSteps = {
  /** The newest reminder that is due, from 1; 0 = none. Those before it that were missed are left out. */
  readonly reminderNo: number;
  readonly isEscalationDue: boolean;
};

export function confirmSteps(plan: ConfirmPlan, sentAt: number, now: number): ConfirmSteps {
  const { repeatEveryMs, repeatCount = 1, escalateAfterMs, deputyUserId } = plan;
  const passedMs = now - sentAt;
  return {
    reminderNo:
      repeatEveryMs === undefined ? 0 : Math.max(0, Math.min(repeatCount, Math.floor(passedMs / repeatEveryMs))),
    isEscalationDue: escalateAfterMs !== undefined && deputyUserId !== undefined && passedMs >= escalateAfterMs,
  };
}

/** Reminders and escalations are notices of their own, with ids that follow from the notice: they are sent once, whatever restarts. */
export const reminderId = (messageId: string, no: number): string => `${messageId}~r${no}`;
export const escalationId = (messageId: string): string => `${messageId}~e`;
