import type { Reason } from '@minewarden/protocol/finding.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { type Instant, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import type { OrderRules } from './order.ts'
import { note } from './order-text.ts'

/**
 * Whether a cut shows at the site's own meter: power and current about zero on the load side, for long enough, measured
 * after the execution, where it was loaded (or at least under voltage) before. Decides from readings alone. It cannot
 * see a generator that feeds beside the meter, nor a meter that was bridged; both are judged elsewhere.
 */
export interface EffectWatch {
  readonly executedAt: Instant
  /** The newest loaded reading of the time before the execution. */
  readonly loadBefore: Load | null
  /** Whether the meter read about zero, and whether it read a voltage, in the time before. */
  readonly zeroBefore: boolean
  readonly voltageBefore: boolean
  /** First and last reading of the unbroken run of readings about zero. */
  readonly zeroFrom: Instant | null
  readonly zeroTo: Instant | null
  /** Whether every reading of the run said that the voltage was gone. */
  readonly voltageGone: boolean
  /** Whether one of the run said that it was simulated. */
  readonly simulated: boolean
  /** The newest reading after the execution that was loaded. */
  readonly loaded: Load | null
  /** What the meter declares of itself, and the newest word of its relay after the execution. */
  readonly measuresAt: 'line' | 'load' | null
  readonly relay: { readonly at: Instant; readonly off: boolean; readonly kind: string } | null
}
interface Load {
  readonly at: Instant
  readonly watts: number | null
}

export interface EffectVerdict {
  readonly verdict: 'zero' | 'was-zero' | 'loaded' | 'silent'
  /** Loaded although the meter's own switch is off: something feeds the site around it. */
  readonly bypass?: true
  readonly notes: readonly Reason[]
}

/** A run of zeros is broken by a longer silence: what the meter did meanwhile is not known. */
const MAX_GAP_MS: Millis = 60_000
/** So long before the execution is looked at: a crusher pauses for minutes, a sealed mine for days. */
export const LOOK_BACK_MS: Millis = 10 * 60_000
/** A disconnected line still picks up some volts from its neighbours. */
const DEAD_VOLTAGE_V = 30

export const watchEffect = (executedAt: Instant): EffectWatch => ({
  executedAt,
  loadBefore: null,
  zeroBefore: false,
  voltageBefore: false,
  zeroFrom: null,
  zeroTo: null,
  voltageGone: false,
  simulated: false,
  loaded: null,
  measuresAt: null,
  relay: null,
})

/**
 * Takes one reading of the point's meter, in any order, the same one twice too; those that say nothing (no values, a
 * clock never set) change nothing.
 */
export function takeReading(watch: EffectWatch, reading: ReadingOf<'power'>, rules: OrderRules): EffectWatch {
  const { measuredAt, clock } = reading
  if (clock === 'unsynchronised') return watch
  const zero = isAboutZero(reading, rules) ?? isDead(reading, watch)
  if (zero === null) return watch
  // An instant equal to the execution may have been read just before it.
  if (measuredAt <= watch.executedAt) return takeBefore(watch, reading, zero)
  if (!zero) return takeLoad(watch, reading)
  if (watch.loaded !== null && measuredAt <= watch.loaded.at) return watch
  const voltageGone = voltageOf(reading) === 'gone'
  const simulated = reading.fields.simulated === true
  if (watch.zeroFrom === null || watch.zeroTo === null || measuredAt - watch.zeroTo > MAX_GAP_MS) {
    return { ...watch, zeroFrom: measuredAt, zeroTo: measuredAt, voltageGone, simulated }
  }
  return {
    ...watch,
    zeroTo: instant(Math.max(measuredAt, watch.zeroTo)),
    voltageGone: watch.voltageGone && voltageGone,
    simulated: watch.simulated || simulated,
  }
}

/**
 * Takes what the meter says of itself, in any order. `measuresAt` decides what a voltage means; the relay's bit is that
 * of the switch itself only where the relay is in the meter (`internal`): else it is the command alone.
 */
export function takeStatus(watch: EffectWatch, { measuredAt, clock, fields }: ReadingOf<'meter'>): EffectWatch {
  const side = fields.measuresAt === 'line' || fields.measuresAt === 'load' ? fields.measuresAt : watch.measuresAt
  const declared = { ...watch, measuresAt: side }
  const { relayOff: off, relayKind: kind } = fields
  if (clock === 'unsynchronised' || typeof off !== 'boolean' || typeof kind !== 'string') return declared
  if (measuredAt <= watch.executedAt || (watch.relay && watch.relay.at >= measuredAt)) return declared
  return { ...declared, relay: { at: measuredAt, off, kind } }
}

/** On the load side no voltage is no power, whatever else is not told; on the line side it says nothing of a cut. */
const isDead = (reading: ReadingOf<'power'>, { measuresAt }: EffectWatch): true | null =>
  measuresAt === 'load' && voltageOf(reading) === 'gone' ? true : null

function takeBefore(watch: EffectWatch, reading: ReadingOf<'power'>, zero: boolean): EffectWatch {
  if (reading.measuredAt < watch.executedAt - LOOK_BACK_MS) return watch
  const voltageBefore = watch.voltageBefore || voltageOf(reading) === 'there'
  if (zero) return { ...watch, zeroBefore: true, voltageBefore }
  return { ...watch, loadBefore: newer(watch.loadBefore, reading), voltageBefore }
}

function takeLoad(watch: EffectWatch, reading: ReadingOf<'power'>): EffectWatch {
  // Late rows may come after newer ones: a load measured before the run of zeros does not break it.
  const breaks = watch.zeroFrom !== null && reading.measuredAt >= watch.zeroFrom
  return { ...watch, loaded: newer(watch.loaded, reading), ...(breaks ? { zeroFrom: null, zeroTo: null } : {}) }
}

const newer = (known: Load | null, { measuredAt, fields }: ReadingOf<'power'>): Load =>
  known !== null && known.at >= measuredAt ? known : { at: measuredAt, watts: fields.activePowerW }

const isKnown = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value)

/** `null` when the reading does not say: power unknown, or no phase's current known. */
function isAboutZero({ fields }: ReadingOf<'power'>, rules: OrderRules): boolean | null {
  const currents = [fields.currentAA, fields.currentBA, fields.currentCA].filter(isKnown)
  const power = fields.activePowerW
  if (isKnown(power) && Math.abs(power) > rules.zeroPowerW) return false
  if (currents.some((value) => Math.abs(value) > rules.zeroCurrentA)) return false
  return isKnown(power) && currents.length > 0 ? true : null
}

function voltageOf({ fields }: ReadingOf<'power'>): 'there' | 'gone' | 'unknown' {
  const voltages = [fields.voltageAV, fields.voltageBV, fields.voltageCV].filter(isKnown)
  if (voltages.some((value) => Math.abs(value) > DEAD_VOLTAGE_V)) return 'there'
  return voltages.length > 0 ? 'gone' : 'unknown'
}

/** What can be said of a point at `now`; `null` while it must still be waited for. */
export function judgeEffect(watch: EffectWatch, point: string, now: Instant, rules: OrderRules): EffectVerdict | null {
  const { executedAt, zeroFrom, zeroTo, loaded } = watch
  const waited = now - executedAt
  if (zeroFrom !== null && zeroTo !== null && zeroTo - zeroFrom >= rules.effectHoldMs) {
    const seen = note('meter-zero', { point, from: isoTime(zeroFrom), to: isoTime(zeroTo) })
    const change = changeOf(watch)
    const notes = [
      seen,
      ...(change ? [change] : []),
      ...(watch.simulated ? [note('readings-simulated')] : []),
      ...declared(watch, point),
    ]
    if (change) return { verdict: 'zero', notes }
    // A load that was measured before the cut may still be on its way here.
    return waited < rules.effectTimeoutMs
      ? null
      : { verdict: 'was-zero', notes: [note('was-zero', { point }), ...notes] }
  }
  if (loaded !== null && zeroFrom === null && waited >= rules.effectTimeoutMs) {
    const values = { point, watts: loaded.watts ?? '?', at: isoTime(loaded.at) }
    const loadedNotes = [note('meter-loaded', values), ...declared(watch, point)]
    if (!watch.relay?.off || watch.relay.kind !== 'internal') return { verdict: 'loaded', notes: loadedNotes }
    return { verdict: 'loaded', bypass: true, notes: [note('relay-off-loaded', { point }), ...loadedNotes] }
  }
  if (waited < rules.silenceTimeoutMs) return null
  const seen =
    zeroFrom === null ? note('meter-silent', { point }) : note('meter-brief', { point, from: isoTime(zeroFrom) })
  return { verdict: 'silent', notes: [seen] }
}

/** What is to be known of the meter to weigh what it reads. */
const declared = ({ measuresAt, relay }: EffectWatch, point: string): Reason[] => [
  ...(measuresAt === 'line' ? [note('measured-on-line', { point })] : []),
  ...(relay?.off ? [note('relay-off', { point, kind: relay.kind })] : []),
]

/** What the cut changed at the meter; `null` when it read as it does now before. Not knowing is told, and is no proof. */
function changeOf({ loadBefore, zeroBefore, voltageBefore, voltageGone, measuresAt }: EffectWatch): Reason | null {
  if (loadBefore) return note('was-loaded', { watts: loadBefore.watts ?? '?', at: isoTime(loadBefore.at) })
  if (voltageBefore && voltageGone && measuresAt !== 'line') return note('voltage-fell')
  return zeroBefore ? null : note('before-unknown')
}
