import { useSpeech } from '../text/language.ts'
import { useTheme } from '../theme.ts'
import { useEffect, useMemo, useRef, useState } from '../view.ts'
import type { Background } from './background.ts'
import { byLineOrder, type PanelSpec } from './panels.ts'
import { createPlot, type Plot, type PlotLine } from './plot.ts'
import { withGaps } from './trace-buffer.ts'
import { type SensorAddress, useTrace } from './use-trace.ts'

/** Of the panel's unit; half of what an order's effect is judged by. */
const ABOUT_ZERO = 0.025
/** Told apart by dash as well as by colour. */
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]]

/** Live chart of one sensor, with the newest (or pointed at) values above it. */
export function TraceChart(props: {
  readonly address: SensorAddress
  readonly spec: PanelSpec
  readonly spanMs: number
  readonly nowMs: number
  readonly background: Background
  /** Shows this line's value large. */
  readonly big?: string
}) {
  const { t, format } = useSpeech()
  const theme = useTheme()
  const { spec } = props
  const trace = useTrace(props.address, spec, props.spanMs)
  const [row, setRow] = useState<number | null>(null)
  const keys = trace.buffer.lines().sort(byLineOrder)
  const signature = keys.join(' ')
  const lines = useMemo(() => lineStyles(signature, spec.kind === 'power', theme.lines), [signature, spec, theme])
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | null>(null)

  useEffect(() => {
    const host = element.current
    if (host === null || lines.length === 0) return
    const made = createPlot(host, {
      lines,
      look: theme.plot,
      logarithmic: spec.logarithmic,
      value: format.number,
      time: (s, withSeconds) => format.clock(s * 1000).slice(0, withSeconds ? 8 : 5),
      onRow: setRow,
    })
    plot.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(host)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [lines, theme, spec, format])

  const columns = keys.map((key) => trace.buffer.column(key))
  const drawn = useMemo(
    () => withGaps(trace.buffer.times, columns),
    // The version stands for the buffer's content.
    [trace.version, signature],
  )
  useEffect(() => {
    const toS = props.nowMs / 1000
    plot.current?.update({
      ...drawn,
      fromS: toS - props.spanMs / 1000,
      toS,
      bands: props.background.bands.map((band) => ({ ...band, colour: theme.tints[band.state] })),
      marks: props.background.marks.map((mark) => ({ ...mark, colour: theme.mark })),
    })
  }, [drawn, props.nowMs, props.spanMs, props.background, lines, theme])

  const valueAt = (index: number) => {
    const column = drawn.columns[index] ?? []
    const value = row === null ? column.findLast((one) => typeof one === 'number') : column[row]
    return typeof value === 'number' ? format.number(value) : t('value.unknown')
  }
  const labelOf = (key: string) => {
    if (spec.kind !== 'power') return key
    return key === 'total' ? t('traces.total') : t('traces.phase', { phase: key })
  }
  const summary = lines.map((line, index) => `${labelOf(line.key)} ${valueAt(index)} ${spec.unit}`).join(', ')
  const pointedAt = row === null ? undefined : drawn.times[row]

  const big = lines.findIndex((line) => line.key === props.big)
  return (
    <figure class="trace">
      {big >= 0 && (
        <p class={`trace-big ${isZero(drawn.columns[big]) ? 'trace-zero' : ''}`} data-line={props.big}>
          <b>{valueAt(big)}</b> {spec.unit}
        </p>
      )}
      <figcaption>
        <span class="trace-title">
          {t(spec.title)} <small>{spec.unit}</small>
        </span>
        <span class="trace-sensor">
          {props.address.sensor}
          {spec.note && <em> · {t(spec.note)}</em>}
        </span>
        <ul class="legend">
          {lines.map((line, index) => (
            <li key={line.key}>
              <svg width="18" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="18"
                  y2="4"
                  stroke={line.colour}
                  stroke-width="2"
                  stroke-dasharray={line.dash.join(' ')}
                />
              </svg>
              {labelOf(line.key)} <b>{valueAt(index)}</b>
            </li>
          ))}
          {pointedAt !== undefined && <li class="legend-time">{format.clock(pointedAt * 1000)}</li>}
        </ul>
      </figcaption>
      <div ref={element} class="plot" role="img" aria-label={`${t(spec.title)}: ${summary || t('traces.none')}`} />
      {trace.failure !== null && <p class="trace-note">{t('traces.failed', { reason: trace.failure })}</p>}
      {trace.failure === null && lines.length === 0 && trace.version > 0 && (
        <p class="trace-note">{t('traces.none')}</p>
      )}
    </figure>
  )
}

/** Whether the newest value is nothing, as people read it. */
function isZero(column: readonly (number | null | undefined)[] | undefined): boolean {
  const newest = column?.findLast((one) => typeof one === 'number')
  return typeof newest === 'number' && Math.abs(newest) < ABOUT_ZERO
}

function lineStyles(
  signature: string,
  isPower: boolean,
  palette: { phases: string[]; channels: string[] },
): PlotLine[] {
  const keys = signature === '' ? [] : signature.split(' ')
  const colours = isPower ? palette.phases : palette.channels
  return keys.map((key, index) => ({
    key,
    colour: colours[index % colours.length] ?? 'currentColor',
    width: key === 'total' ? 2.2 : 1.4,
    dash: DASHES[index % DASHES.length] ?? [],
  }))
}
