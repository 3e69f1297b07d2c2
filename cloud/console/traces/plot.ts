import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

/** The only file that knows the charting library. */
type Chart = InstanceType<typeof UPlot>

/** A stretch of time in one state, tinted behind the lines. Seconds. */
export interface Band {
  readonly fromS: number
  readonly toS: number
  readonly colour: string
}
/** A moment marked by a bar from top to bottom. Seconds. */
export interface Mark {
  readonly atS: number
  readonly colour: string
}
export interface PlotLine {
  readonly key: string
  readonly colour: string
  readonly width: number
  /** Dash pattern: lines differ by more than colour. */
  readonly dash: readonly number[]
}
export interface PlotData {
  readonly times: number[]
  readonly columns: (number | null | undefined)[][]
  readonly fromS: number
  readonly toS: number
  readonly bands: readonly Band[]
  readonly marks: readonly Mark[]
}
export interface PlotLook {
  readonly text: string
  readonly grid: string
  /** The page's font size, CSS pixels: the chart grows with it. */
  readonly remPx: number
}
export interface PlotOptions {
  readonly lines: readonly PlotLine[]
  readonly look: PlotLook
  readonly logarithmic: boolean
  /** Writes a value of the vertical axis. */
  readonly value: (value: number) => string
  /** Writes a time, seconds since 1970. */
  readonly time: (s: number, withSeconds: boolean) => string
  /** Row under the pointer, `null` when it has left. */
  readonly onRow: (row: number | null) => void
}
export interface Plot {
  update(data: PlotData): void
  resize(): void
  destroy(): void
}

const HEIGHT_REM = 11
/** All charts of a page share one pointer. */
const CURSOR_KEY = 'minewarden'
/** A flat line deserves some air: the least range of a linear axis. */
const LEAST_RANGE = 1

/** Draws a chart into an empty element. */
export function createPlot(element: HTMLElement, options: PlotOptions): Plot {
  let data: PlotData = { times: [], columns: [], fromS: 0, toS: 1, bands: [], marks: [] }
  const { text, grid, remPx } = options.look
  const rem = (size: number) => Math.round(size * remPx)
  const axis = {
    stroke: text,
    font: `${rem(0.75)}px system-ui, sans-serif`,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
  }
  const chart = new UPlot(
    {
      width: Math.max(1, element.clientWidth),
      height: rem(HEIGHT_REM),
      padding: [rem(0.5), rem(1.6), 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: CURSOR_KEY },
        drag: { x: false, y: false, setScale: false },
        points: { size: 6 },
        y: false,
      },
      scales: {
        x: { time: true, range: () => [data.fromS, data.toS] },
        y: options.logarithmic ? { distr: 3, range: decades } : { range: roomy },
      },
      axes: [
        {
          ...axis,
          space: rem(4.8),
          size: rem(2),
          values: (_chart: Chart, splits: number[]) => {
            const withSeconds = (splits[1] ?? 0) - (splits[0] ?? 0) < 60
            return splits.map((split) => options.time(split, withSeconds))
          },
        },
        {
          ...axis,
          space: rem(options.logarithmic ? 1.4 : 2.1),
          size: rem(3.4),
          ...(options.logarithmic ? { splits: decadesBetween } : {}),
          values: (_chart: Chart, splits: (number | null)[]) =>
            splits.map((split) => (split === null ? '' : options.value(split))),
        },
      ],
      series: [
        {},
        ...options.lines.map((line) => ({
          stroke: line.colour,
          width: line.width,
          dash: [...line.dash],
          points: { show: false },
        })),
      ],
      hooks: {
        drawClear: [(drawn: Chart) => drawBackground(drawn, data)],
        setCursor: [(drawn: Chart) => options.onRow(drawn.cursor.idx ?? null)],
      },
    },
    [[], ...options.lines.map(() => [])],
    element,
  )
  return {
    update(next) {
      data = next
      chart.setData([next.times, ...next.columns])
    },
    resize: () => chart.setSize({ width: Math.max(1, element.clientWidth), height: rem(HEIGHT_REM) }),
    destroy: () => chart.destroy(),
  }
}

/** Whole decades around the data. */
function decades(_chart: Chart, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || low <= 0) return [0.0001, 1]
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.01))]
}

/** One line a decade: those between would only be noise. */
function decadesBetween(_chart: Chart, _axis: number, low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const last = Math.floor(Math.log10(high) + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number((10 ** (first + index)).toPrecision(1)),
  )
}

/** The data with a tenth of air; includes zero when the data comes near it. */
function roomy(_chart: Chart, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, LEAST_RANGE]
  const range = Math.max(LEAST_RANGE, high - low)
  const bottom = low >= 0 && low < range ? 0 : low - range * 0.1
  return [bottom, Math.max(high, low + range) + range * 0.1]
}

function drawBackground(chart: Chart, data: PlotData): void {
  const { ctx, bbox } = chart
  const x = (s: number) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, chart.valToPos(s, 'x', true)))
  ctx.save()
  for (const band of data.bands) {
    ctx.fillStyle = band.colour
    ctx.fillRect(x(band.fromS), bbox.top, Math.max(0, x(band.toS) - x(band.fromS)), bbox.height)
  }
  for (const mark of data.marks) {
    if (mark.atS < data.fromS || mark.atS > data.toS) continue
    ctx.fillStyle = mark.colour
    ctx.fillRect(x(mark.atS), bbox.top, devicePixelRatio, bbox.height)
    ctx.beginPath()
    ctx.arc(x(mark.atS), bbox.top + 3 * devicePixelRatio, 3 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
  }
  ctx.restore()
}
