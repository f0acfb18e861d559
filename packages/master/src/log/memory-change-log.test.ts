import type { Epoch } from '@hiscrm/shared/model/ids.ts';
import { registerChangeLogContract } from './change-log.contract.ts';
import { MemoryChangeLog } from './memory-change-log.ts';

registerChangeLogContract('memory', () => ({
  open: async (clock, onDurable) => new MemoryChangeLog({ epoch: 'test' as Epoch, clock, onDurable }),
  isLasting: false,
  remove: () => undefined,
}));
