import { createRunClock, LONGEST_OVERLAP_MS } from '@minewarden/edge/core/measure/run-clock.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'

const RATE_HZ = 100
const START = Date.UTC(2026, 2, 1)
const RUN_MS = 600_000

/** A run of ten minutes, and how a block of a second joins it that is stamped so long before its end. */
function joinBefore(backMs: number) {
  const clock = createRunClock()
  clock.begin(instant(START), RATE_HZ)
  clock.advance((RUN_MS / 1000) * RATE_HZ)
  return clock.join(instant(START + RUN_MS - backMs), RATE_HZ, RATE_HZ)
}

describe('the clock of a run', () => {
  it('drops what a digitiser repeats', () => {
    expect(joinBefore(500)).toEqual({ gap: false, drop: 50 })
    expect(joinBefore(LONGEST_OVERLAP_MS)).toEqual({ gap: false, drop: RATE_HZ })
  })

  it('begins anew when the clock was set back, instead of being deaf until it is that late again', () => {
    expect(joinBefore(LONGEST_OVERLAP_MS + 100)).toEqual({ gap: true, drop: 0 })
    expect(joinBefore(3_600_000)).toEqual({ gap: true, drop: 0 })
  })
})
