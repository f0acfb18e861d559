import type { NoticeDevice } from '@hiscrm/shared/model/notice-change.ts';
import type { NoticeTables } from '../log/notice-tables.ts';
import type { NoticeDeviceRow } from '../log/writer-protocol.ts';

/** From which devices notices were acknowledged, by number. Those that a checkpoint has are read back when asked for. */
export class NoticeDevices {
  readonly #tables: NoticeTables;
  #unsaved = new Map<number, NoticeDevice>();
  #saving = new Map<number, NoticeDevice>();
  #newestNo: number;

  constructor(tables: NoticeTables) {
    this.#tables = tables;
    this.#newestNo = tables.newestDeviceNo();
  }

  /** The highest number given; 0 = none. */
  get newestNo(): number {
    return this.#newestNo;
  }

  /** A row says so. */
  take(no: number, { connectionId, address, agent }: NoticeDevice): void {
    this.#unsaved.set(no, { connectionId, address, agent });
    if (no > this.#newestNo) this.#newestNo = no;
  }

  get(no: number): NoticeDevice | undefined {
    if (no === 0) return undefined;
    return this.#unsaved.get(no) ?? this.#saving.get(no) ?? this.#tables.readDevice(no);
  }

  takeUnsaved(): readonly NoticeDeviceRow[] {
    this.#saving = this.#unsaved;
    this.#unsaved = new Map();
    return [...this.#saving].map(
      ([no, { connectionId, address, agent }]) => [no, connectionId, address, agent] as const,
    );
  }

  saved(): void {
    this.#saving = new Map();
  }
}
