import { expect, test } from 'vitest';
import * as ws from 'ws';
import { textFrame, textOfFrame } from './prepared-frame.ts';

/** The library's own frame reader; its types leave it out. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: {
    isServer: boolean;
  }) => { on(event: 'message', heard: (data: Buffer) => void): void; write(bytes: Buffer): void };
};

test.each([0, 1, 125, 126, 65_535, 65_536, 200_000])(
  'a frame of %i bytes is what a WebSocket peer reads',
  async (length) => {
    const text = '好'.repeat(Math.floor(length / 3)) + 'x'.repeat(length % 3);
    const frame = textFrame(text);
    const receiver = new Receiver({ isServer: false });
    const heard = new Promise<string>((resolve) => receiver.on('message', (data: Buffer) => resolve(data.toString())));
    receiver.write(frame);
    expect(await heard).toBe(text);
    expect(textOfFrame(frame)).toBe(text);
  },
);
