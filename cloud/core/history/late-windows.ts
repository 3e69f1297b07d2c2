/**
 * Which downsampled windows late points have touched, that no continuous query will compute again. Until they are
 * computed, the journal's offset is held back behind the first row of them: after a kill these rows come again, and
 * with them the windows. Merged by measurement and gateway, so that a backlog of days is one stretch of each.
 */
import { DOWNSAMPLED, type Stretch, WINDOWS, type Windows } from './influxql.ts'
import type { MeasurementName } from './schema.ts'

/** Stretches apart at most; more are merged over all gateways, which costs the database more and us less. */
const MAX_STRETCHES = 20_000

interface Owed {
  readonly measurement: MeasurementName
  readonly gateway: string | null
  fromMs: number
  toMs: number
}

export class LateWindows {
  readonly #windows: Windows
  #owed = new Map<string, Owed>()
  #owedOffset: number | null = null
  /** Of the stretches that are being computed. */
  #takenOffset: number | null = null

  constructor(windows: Windows = WINDOWS) {
    this.#windows = windows
  }

  /** The offset before the first row whose windows are owed; `null`: none are. */
  get owedOffset(): number | null {
    return this.#takenOffset ?? this.#owedOffset
  }

  /** A point was written. Cheap for one that is in time. */
  wrote(measurement: MeasurementName, gateway: string, atMs: number, offset: number, nowMs: number): void {
    const { windowMs, again } = this.#windows
    // The next run of a continuous query is at most one window away and looks so many windows back.
    if (atMs >= nowMs - (again - 1) * windowMs) return
    if (!KEPT_WINDOWS.has(measurement)) return
    const fromMs = Math.floor(atMs / windowMs) * windowMs
    this.#add(measurement, gateway, fromMs, fromMs + windowMs)
    this.#owedOffset ??= offset - 1
  }

  /** Everything of a stretch of time, such as one in which the database was away and no continuous query ran. */
  missed(fromMs: number, toMs: number): void {
    const { windowMs } = this.#windows
    const from = Math.floor(fromMs / windowMs) * windowMs
    const to = Math.ceil(toMs / windowMs) * windowMs
    for (const measurement of DOWNSAMPLED) this.#add(measurement, null, from, to)
  }

  /** Hands over what is owed; to be followed by `computed` or `failed`. */
  take(): Stretch[] {
    const taken = [...this.#owed.values()]
    this.#owed = new Map()
    this.#takenOffset = this.#owedOffset
    this.#owedOffset = null
    return taken
  }

  computed(): void {
    this.#takenOffset = null
  }

  /** They are owed again. */
  failed(stretches: readonly Stretch[]): void {
    for (const { measurement, gateway, fromMs, toMs } of stretches) this.#add(measurement, gateway, fromMs, toMs)
    this.#owedOffset = this.#takenOffset ?? this.#owedOffset
    this.#takenOffset = null
  }

  #add(measurement: MeasurementName, gateway: string | null, fromMs: number, toMs: number): void {
    const isFull = this.#owed.size >= MAX_STRETCHES
    const of = isFull ? null : gateway
    const key = `${measurement} ${of ?? ''}`
    const known = this.#owed.get(key)
    if (!known) this.#owed.set(key, { measurement, gateway: of, fromMs, toMs })
    else {
      known.fromMs = Math.min(known.fromMs, fromMs)
      known.toMs = Math.max(known.toMs, toMs)
    }
  }
}

/**
 * Stretches of single gateways become one of all of them where that reads at most twice as much: after an outage nearly
 * every gateway is late with the same hours, and one statement costs less than hundreds.
 * @param gateways in the whole fleet
 */
export function mergeStretches(stretches: readonly Stretch[], gateways: number): Stretch[] {
  return [...Map.groupBy(stretches, ({ measurement }) => measurement)].flatMap(([measurement, of]) => {
    const fromMs = Math.min(...of.map((one) => one.fromMs))
    const toMs = Math.max(...of.map((one) => one.toMs))
    const apart = of.reduce((sum, one) => sum + (one.toMs - one.fromMs) * (one.gateway === null ? gateways : 1), 0)
    const isWorth = of.length > 1 && (toMs - fromMs) * gateways <= 2 * apart
    return isWorth ? [{ measurement, gateway: null, fromMs, toMs }] : of
  })
}

const KEPT_WINDOWS: ReadonlySet<MeasurementName> = new Set(DOWNSAMPLED)
