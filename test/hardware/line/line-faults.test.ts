import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import { keepTalking } from '@minewarden/hardware/line/keep-talking.ts'
import { serialOpener } from '@minewarden/hardware/line/serial-opener.ts'
import { believe } from '@minewarden/protocol/time.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { numberedFrame, numberedFrames } from '../../support/line-device.ts'
import {
  type DeviceUnderTest,
  type Outcomes,
  outcomeTable,
  playLineFaults,
  RECOVERED_WITHIN_MS,
} from '../../support/line-faults.ts'
import { requires } from '../../support/requires.ts'

const clock = believe(systemClock, 'ntp')

const framed = (silentMs: number): DeviceUnderTest => ({
  frameMs: 40,
  frame: numberedFrame,
  async *read(places, signal) {
    const opener = serialOpener({ places, settings: { baudRate: 500_000 } }, { clock })
    const items = keepTalking({ ...opener, clock, random: Math.random, silentMs, converse: numberedFrames }, signal)
    for await (const item of items) yield item.kind === 'frame' ? item.number : item
  },
})

describe.runIf(requires('gcc'))('whatever happens to a serial line', () => {
  let played: Outcomes
  beforeAll(async () => {
    played = await playLineFaults(framed(800), framed(10_000))
    console.log(outcomeTable(played))
  })

  it('gives good data again within 10 s after each fault cleared', () => {
    const late = played.outcomes.filter(({ recoveredMs }) => recoveredMs > RECOVERED_WITHIN_MS)
    expect(late).toEqual([])
    expect(played.outcomes.length).toBeGreaterThanOrEqual(13)
  })

  it('is told by its own name, and so is its end', () => {
    for (const { fault, told, states } of played.outcomes) {
      if (told === null) continue
      expect(
        states.some((state) => state.startsWith(told)),
        `${fault}: ${states.join('; ')}`,
      ).toBe(true)
      expect(states.at(-1), fault).toBe('ok')
    }
  })

  it('takes no frame from the device beside it', () => {
    expect(played.healthy.sent).toBeGreaterThan(50)
    expect(played.healthy.lost).toBe(0)
  })
})
