import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { noticeApi, type ReceiveRecord } from '../../link/notice-api.ts';
import { type Curve, curveOf } from './curve.ts';

use([LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const HEIGHT_PX = 220;

/** How many had got, read and confirmed a notice at each moment since it was sent. */
export function ReceiptChart({ messageId, sentAt }: { readonly messageId: string; readonly sentAt: number }) {
  const { t } = useText();
  const ref = useRef<HTMLDivElement>(null);
  const [records, setRecords] = useState<readonly ReceiveRecord[]>();
  useEffect(() => {
    let isOver = false;
    void noticeApi.everyRecord(messageId).then((outcome) => {
      if (!isOver && outcome.kind === 'done') setRecords(outcome.value.items);
    });
    return () => {
      isOver = true;
    };
  }, [messageId]);
  useEffect(() => {
    if (!ref.current || !records) return;
    const chart = init(ref.current, null, { renderer: 'svg', height: HEIGHT_PX });
    const line = (name: string, moments: readonly (string | null)[]) => ({
      name,
      type: 'line' as const,
      step: 'end' as const,
      showSymbol: false,
      data: upToNow(curveOf(sentAt, moments)),
    });
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axisLabel = { color: colour('--ink-3'), hideOverlap: true };
    const splitLine = { lineStyle: { color: colour('--line') } };
    const option: EChartsCoreOption = {
      animation: false,
      color: [colour('--ink-3'), colour('--warn'), colour('--accent')],
      textStyle: { color: colour('--ink-2') },
      grid: { left: 40, right: 16, top: 32, bottom: 28 },
      legend: { top: 0, textStyle: { color: colour('--ink-2') } },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'time', axisLabel },
      yAxis: { type: 'value', minInterval: 1, max: records.length, axisLabel, splitLine },
      series: [
        line(
          t('console.delivered'),
          records.map(({ received_at }) => received_at),
        ),
        line(
          t('console.read'),
          records.map(({ read_at }) => read_at),
        ),
        line(
          t('console.confirmed'),
          records.map(({ confirmed_at }) => confirmed_at),
        ),
      ],
    };
    chart.setOption(option);
    return () => chart.dispose();
  }, [records, sentAt, t]);
  return (
    <div ref={ref} data-chart="receipts" role="img" aria-label={t('console.chart')} style={{ height: HEIGHT_PX }} />
  );
}

/** A curve does not end with what happened last. */
function upToNow(curve: Curve): number[][] {
  const last = curve.at(-1);
  return [...curve, ...(last ? [[Math.max(Date.now(), last[0]), last[1]] as const] : [])].map(([at, count]) => [
    at,
    count,
  ]);
}
