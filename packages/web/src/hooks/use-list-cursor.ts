import { type KeyboardEvent, useId, useState } from 'react';
import { useIsNarrow } from './use-is-narrow.ts';
import { useListKeys } from './use-list-keys.ts';

type ListCursor = {
  /** Where the keys are; undefined while they are nowhere. */
  readonly cursorId: string | undefined;
  /** The id of the option's element, for the list to name it. */
  readonly optionId: (id: string) => string;
  readonly onKeyDown: (event: KeyboardEvent) => void;
};

/**
 * The keys of a list of things to open. Beside an open pane a move opens at once; where one pane is shown at a time that
 * would leave the list at the first move, so there Enter opens.
 */
export function useListCursor(options: {
  readonly ids: readonly string[];
  readonly selectedId: string | undefined;
  readonly open: (index: number) => void;
  readonly show: (index: number) => void;
}): ListCursor {
  const { ids, selectedId, open, show } = options;
  const prefix = useId();
  const isNarrow = useIsNarrow();
  const [movedTo, setMovedTo] = useState<string>();
  const cursorId = isNarrow ? (movedTo ?? selectedId) : selectedId;
  const index = cursorId === undefined ? -1 : ids.indexOf(cursorId);
  const move = useListKeys({
    count: ids.length,
    index,
    select: (at) => {
      setMovedTo(ids[at]);
      if (!isNarrow) open(at);
      show(at);
    },
  });
  return {
    cursorId: index < 0 ? undefined : cursorId,
    optionId: (id) => `${prefix}${id}`,
    onKeyDown: (event) => {
      // A button inside a row has its own Enter.
      const isOpening = isNarrow && event.key === 'Enter' && event.target === event.currentTarget && index >= 0;
      if (!isOpening) return move(event);
      event.preventDefault();
      open(index);
    },
  };
}
