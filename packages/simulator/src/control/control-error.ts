/** An order that cannot be carried out: an unknown account, work, comment, conversation or QR code. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}
