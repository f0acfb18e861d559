import { type ReactNode, useId } from 'react';

/** A label above what it names. */
export function Field(props: {
  readonly label: string;
  readonly isWide?: boolean;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div className={props.isWide ? 'console-field console-field-wide' : 'console-field'}>
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </div>
  );
}
