import './toast-stack.css';
import { CloseIcon } from './icons.tsx';

/** Messages in the corner; read out as they come. */
export function ToastStack(props: {
  readonly toasts: readonly { readonly id: number; readonly text: string; readonly isProblem: boolean }[];
  readonly dismiss: (id: number) => void;
  readonly dismissLabel: string;
}) {
  return (
    <div className="toasts" aria-live="polite">
      {props.toasts.map(({ id, text, isProblem }) => (
        <div key={id} className={isProblem ? 'toast toast-problem' : 'toast'} role={isProblem ? 'alert' : 'status'}>
          <span>{text}</span>
          <button
            type="button"
            className="btn btn-quiet btn-small"
            aria-label={props.dismissLabel}
            onClick={() => props.dismiss(id)}
          >
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
