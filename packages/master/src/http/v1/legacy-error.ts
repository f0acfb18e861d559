import { type ErrorCode, ImError } from '@hiscrm/shared/protocol/errors.ts';

/** A refusal in the words of the deployed system, which its programs show or compare; the code is of our catalogue. */
export class LegacyError extends ImError {
  readonly text: string;
  /** Fields that the answer carries beside `success` and `error`. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, text: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(code, { reason: text, what: text });
    this.text = text;
    this.extra = extra;
  }
}
