import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState } from 'react';
import { useText } from '../../i18n/use-text.ts';
import { noticeApi, type ReceiveRecord } from '../../link/notice-api.ts';
import { curveOf } from './curve.ts';

use([LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const HEIGHT_PX = 220;

/** How many had got, read and confirmed a notice at each moment since it was sent. */
export function ReceiptChart({ messageId, sentAt }: { readonly messageId: string; readonly sentAt: number }) {
  const { t } = useText();
  const ref = useRef<HTMLDivElement>(null);
  const [records, setRecords] = useState<readonly ReceiveRecord[]>();
  useEffect(() => {
    let isOver = false;
    void noticeApi.roster(messageId).then((outcome) => {
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
      data: curveOf(sentAt, moments).map(([at, count]) => [at, count]),
    });
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const option: EChartsCoreOption = {
      animation: false,
      color: [colour('--accent'), colour('--warn'), colour('--good')],
      textStyle: { color: colour('--ink-2') },
      grid: { left: 40, right: 16, top: 32, bottom: 28 },
      legend: { textStyle: { color: colour('--ink-2') } },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'time' },
      yAxis: { type: 'value', minInterval: 1, max: records.length },
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
  return <div ref={ref} role="img" aria-label={t('console.chart')} style={{ height: HEIGHT_PX }} />;
}
