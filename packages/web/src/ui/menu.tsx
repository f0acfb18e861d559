import { type ReactNode, useId } from 'react';
import './menu.css';

export type MenuItem = {
  readonly key: string;
  readonly label: ReactNode;
  readonly run: () => void;
  readonly isChosen?: boolean;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
};
export type MenuGroup = { readonly title?: string; readonly items: readonly MenuItem[] };

/** A button with a menu, on the browser's own popover: it closes on Esc and on a click elsewhere. */
export function Menu(props: {
  readonly label: string;
  readonly button: ReactNode;
  readonly className?: string;
  readonly groups: readonly MenuGroup[];
}) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        className={props.className ?? 'btn btn-quiet btn-icon'}
        popoverTarget={id}
        aria-label={props.label}
        aria-haspopup="menu"
        title={props.label}
        style={{ anchorName: `--${cssName(id)}` } as object}
        onClick={(event) => event.stopPropagation()}
      >
        {props.button}
      </button>
      <div
        id={id}
        popover="auto"
        className="menu"
        role="menu"
        aria-label={props.label}
        style={{ positionAnchor: `--${cssName(id)}` } as object}
      >
        {props.groups.map((group) => (
          <div key={group.title ?? group.items[0]?.key} className="menu-group">
            {group.title !== undefined && <div className="menu-title">{group.title}</div>}
            {group.items.map((item) => (
              <button
                key={item.key}
                type="button"
                role={item.isChosen === undefined ? 'menuitem' : 'menuitemradio'}
                {...(item.isChosen !== undefined && { 'aria-checked': item.isChosen })}
                className={item.isDanger ? 'menu-item menu-item-danger' : 'menu-item'}
                disabled={item.isDisabled}
                onClick={(event) => {
                  event.stopPropagation();
                  document.getElementById(id)?.hidePopover();
                  item.run();
                }}
              >
                {item.isChosen !== undefined && <span className="menu-check">{item.isChosen ? '✓' : ''}</span>}
                {item.label}
              </button>
            ))}
          </div>
        ))}
      </div>
    </>
  );
}

/** React's ids hold characters that a CSS name may not. */
const cssName = (id: string): string => `menu-${id.replace(/[^A-Za-z0-9]/g, '')}`;
