/** Puts the caret into the composer, where there is one. */
export function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>('[data-composer]')?.focus();
}
