/** The gaps of a notice's template: `{{name}}`, with letters and digits of any script. */
const GAP = /\{\{\s*([\p{L}\p{N}_.-]+)\s*\}\}/gu;

/** The text with each gap replaced by what `fill` gives for its name. A value is put in as it is: a gap in it stays. */
export function fillGaps(text: string, fill: (name: string) => string): string {
  return text.replace(GAP, (_gap, name: string) => fill(name));
}

/** The names of the gaps, each once, in the order in which they are met. */
export function gapsIn(...texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.flatMap((text = '') => [...text.matchAll(GAP)].map(([, name = '']) => name)))];
}
