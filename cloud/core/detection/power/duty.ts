/**
 * How much the expected consumers run: share of the time in the hours just past against what has been usual over weeks.
 * A pump that runs far more than it used to drains a mine that is being worked, or is no pump. Seasons change a pump's
 * duty slowly; the usual share follows over weeks and is bounded in how fast it rises, so that a ramp is not followed.
 */
import { ramp } from '../evidence.ts'

/** Plain JSON, one for each meter. */
export interface Duty {
  /** Share of the time of the last hours that the expected consumers ran. */
  recent: number
  /** The same over weeks, and how far single hours stray from it. */
  usual: number
  strays: number
  /** Hours that were learnt from. */
  hours: number
  /** Of the hour that goes on: which (hours since 1970), minutes known, minutes on. */
  hour: number
  knownMinutes: number
  onMinutes: number
}

export interface DutyView {
  readonly recent: number
  readonly usual: number
  /** 0 to 1: it runs more than its habit explains. */
  readonly excess: number
}

const HOUR_MS = 3_600_000
/** Less of an hour tells nothing. */
const LEAST_MINUTES = 30
const RECENT = 1 / 4
const USUAL = 1 / (24 * 14)
/** The usual share rises by no more than this an hour: about a tenth in five days. */
const MOST_RISE = 0.0008
/** Nothing is said before two days. */
const LEARN_HOURS = 48

export const createDuty = (): Duty => ({
  recent: 0,
  usual: 0,
  strays: 0.15,
  hours: 0,
  hour: 0,
  knownMinutes: 0,
  onMinutes: 0,
})

/** @param onShare share of the time since the last reading in which an expected consumer ran, 0 to 1 */
export function stepDuty(duty: Duty, { atMs, minutes, onShare }: { atMs: number; minutes: number; onShare: number }) {
  const hour = Math.floor(atMs / HOUR_MS)
  if (hour !== duty.hour) {
    if (duty.knownMinutes >= LEAST_MINUTES) closeHour(duty, duty.onMinutes / duty.knownMinutes)
    duty.hour = hour
    duty.knownMinutes = 0
    duty.onMinutes = 0
  }
  duty.knownMinutes = Math.min(60, duty.knownMinutes + minutes)
  duty.onMinutes = Math.min(60, duty.onMinutes + minutes * onShare)
}

function closeHour(duty: Duty, share: number): void {
  duty.hours++
  duty.recent += (share - duty.recent) * (duty.hours === 1 ? 1 : RECENT)
  const speed = Math.max(USUAL, 1 / duty.hours)
  const change = (share - duty.usual) * speed
  duty.strays += (Math.abs(share - duty.usual) - duty.strays) * speed
  duty.usual += duty.hours > LEARN_HOURS ? Math.min(change, MOST_RISE) : change
}

/** `null` until enough was learnt. */
export function dutyOf(duty: Duty): DutyView | null {
  if (duty.hours < LEARN_HOURS) return null
  const { recent, usual, strays } = duty
  // Four hours' mean strays half as far as one hour.
  const over = (recent - usual) / Math.max(0.08, strays / 2)
  return { recent, usual, excess: ramp(over, 2.5, 5) }
}
