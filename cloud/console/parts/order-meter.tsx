import type { OrderDocument, SiteDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { PANELS } from '../traces/panels.ts'
import { TraceChart } from '../traces/trace-chart.tsx'
import { useMemo } from '../view.ts'
import { Panel } from './panel.tsx'
import { SPANS_MS } from './span-choice.tsx'

/** Some time before the draft, to see what was cut. */
const BEFORE_MS = 3 * 60_000
const LONGEST_MS = 3_600_000

/** The shortest of the usual spans that reaches back to before the draft; at most an hour. */
function spanSince(draftedAt: string, nowMs: number): number {
  const wanted = nowMs - Date.parse(draftedAt) + BEFORE_MS
  return SPANS_MS.find((spanMs) => spanMs >= wanted && spanMs <= LONGEST_MS) ?? LONGEST_MS
}

/** The site's own meters: the proof that the power is gone. */
export function OrderMeter(props: {
  readonly order: OrderDocument
  readonly site: SiteDocument | undefined
  readonly nowMs: number
}) {
  const { t } = useSpeech()
  const { order, site } = props
  const meters = useMemo(() => {
    const cut = new Set(order.supplyPoints.map((point) => point.id))
    return (site?.supplyPoints ?? []).flatMap((point) => (point.meter && cut.has(point.id) ? [point.meter] : []))
  }, [order.supplyPoints, site?.supplyPoints])
  const background = useMemo(
    () => ({
      bands: [],
      marks: order.timeline
        .filter((entry) => entry.what === 'point-executed' || entry.what === 'issued')
        .map((entry) => ({ atS: Date.parse(entry.at) / 1000 })),
    }),
    [order.timeline],
  )
  const spec = PANELS['power-meter']
  return (
    <Panel title={t('order.meter')} class="meter">
      {meters.length === 0 && <p class="quiet">{t('order.noMeter')}</p>}
      {spec &&
        meters.map((meter) => (
          <TraceChart
            key={`${meter.gateway}/${meter.sensor}`}
            address={{ site: order.site, gateway: meter.gateway, sensor: meter.sensor }}
            spec={spec}
            spanMs={spanSince(order.draftedAt, props.nowMs)}
            nowMs={props.nowMs}
            background={background}
            big="total"
          />
        ))}
    </Panel>
  )
}
