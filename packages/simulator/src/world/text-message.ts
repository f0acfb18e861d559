import type { JsonObject } from '../lib/encode-json.ts';

/** Content of a plain text message (type 7, aweType 700). */
export function textContent(text: string): JsonObject {
  return {
    type: 0,
    instruction_type: 0,
    item_type_local: -1,
    richTextInfos: [],
    text,
    createdAt: 0,
    is_card: false,
    msgHint: '',
    aweType: 700,
  };
}
