/** Where a figure stands against its target. */
export type Verdict = {
  readonly claim: string;
  readonly target: string;
  readonly got: string;
  readonly holds: boolean;
};

export type Table = { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** What one suite measured. */
export type SuiteReport = {
  readonly name: string;
  /** How it was measured, in a few sentences. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
};

export function tableText({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** One suite as Markdown. */
export function suiteText(report: SuiteReport): string {
  const verdicts = {
    head: ['figure', 'target', 'measured', ''],
    rows: report.verdicts.map(({ claim, target, got, holds }) => [claim, target, got, holds ? '✓' : '✗']),
  };
  return [
    `## ${report.name}`,
    report.method,
    ...report.tables.map(tableText),
    ...(report.verdicts.length > 0 ? [tableText(verdicts)] : []),
    ...(report.notes.length > 0 ? [report.notes.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
}

/** A figure with the precision that its size deserves. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function atLeast(claim: string, value: number, target: number, unit = '×'): Verdict {
  return { claim, target: `≥ ${figure(target)} ${unit}`, got: `${figure(value)} ${unit}`, holds: value >= target };
}

/**
 * How many times better ours is than a peer, by the clock and by processor time. The clock decides; where other work shares the
 * cores, processor time is the steadier of both.
 */
export function ratio(
  claim: string,
  rates: { readonly ours: number; readonly peer: number },
  cpuUs: { readonly ours: number; readonly peer: number },
  target: number,
): Verdict {
  const verdict = atLeast(claim, rates.ours / rates.peer, target);
  return { ...verdict, got: `${verdict.got} (${figure(cpuUs.peer / cpuUs.ours)} × by CPU time)` };
}

export function atMost(claim: string, value: number, target: number, unit: string): Verdict {
  return { claim, target: `≤ ${figure(target)} ${unit}`, got: `${figure(value)} ${unit}`, holds: value <= target };
}
