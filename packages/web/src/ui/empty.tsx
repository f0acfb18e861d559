import type { ReactNode } from 'react';

/** What a pane shows instead of content: why it is empty, and what can be done. */
export function Empty(props: {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly text?: string | undefined;
  readonly action?: ReactNode;
}) {
  return (
    <div className="empty">
      {props.icon !== undefined && (
        <div className="empty-icon" aria-hidden="true">
          {props.icon}
        </div>
      )}
      <div className="empty-title">{props.title}</div>
      {props.text !== undefined && <div>{props.text}</div>}
      {props.action}
    </div>
  );
}
