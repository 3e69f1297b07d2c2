import type { Millis } from '@minewarden/protocol/time.ts'
import type { PowerSummary } from './summary.ts'

const HOUR: Millis = 3_600_000
const DAY: Millis = 24 * HOUR
/** Less of a night or a day than this tells nothing of it. */
const LEAST_COVERAGE = 0.5

export interface NightOptions {
  /** Local time minus UTC. */
  readonly offsetMs: Millis
  /** Local hours at which night begins and ends. */
  readonly fromHour: number
  readonly toHour: number
}
export const CHINESE_NIGHT: NightOptions = { offsetMs: 8 * HOUR, fromHour: 22, toHour: 6 }

/** Mean power by night and by the day before it; a site where someone works at night has a large ratio. */
export interface NightShare {
  readonly nightW: number | null
  readonly dayW: number | null
  /** `null` when either is not known, or the day drew nothing. */
  readonly ratio: number | null
}

interface Span {
  wh: number
  coveredMs: Millis
}

/** Fed with summaries whose periods divide an hour; speaks each morning. */
export function createNightShare(options: NightOptions = CHINESE_NIGHT): {
  push(summary: PowerSummary): NightShare | null
} {
  const nightHours = (options.toHour - options.fromHour + 24) % 24
  let dayNumber: number | null = null
  let night: Span = { wh: 0, coveredMs: 0 }
  let day: Span = { wh: 0, coveredMs: 0 }

  const meanW = ({ wh, coveredMs }: Span, hours: number): number | null =>
    coveredMs >= hours * HOUR * LEAST_COVERAGE ? (wh * HOUR) / coveredMs : null

  return {
    push(summary) {
      // A day of ours goes from morning to morning, so that a night is not torn at midnight.
      const sinceMorning = summary.fromAt + options.offsetMs - options.toHour * HOUR
      const number = Math.floor(sinceMorning / DAY)
      const isNew = dayNumber !== null && number !== dayNumber
      const share = isNew ? shareOf() : null
      if (isNew) {
        night = { wh: 0, coveredMs: 0 }
        day = { wh: 0, coveredMs: 0 }
      }
      dayNumber = number
      const span = sinceMorning - number * DAY >= (24 - nightHours) * HOUR ? night : day
      span.wh += summary.integralWh
      span.coveredMs += summary.coverage * (summary.toAt - summary.fromAt)
      return share
    },
  }

  function shareOf(): NightShare {
    const nightW = meanW(night, nightHours)
    const dayW = meanW(day, 24 - nightHours)
    const ratio = nightW !== null && dayW !== null && dayW > 0 ? nightW / dayW : null
    return { nightW, dayW, ratio }
  }
}
