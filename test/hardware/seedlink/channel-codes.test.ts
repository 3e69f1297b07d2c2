import { Births } from '@minewarden/edge/core/births.ts'
import { createMeasure } from '@minewarden/edge/core/measure/create-measure.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'

const RATE_HZ = 100
const sensor = SensorId.parse('geo-1')

/** Twelve seconds of each channel in blocks of a second: quiet, with a blow in the ninth. */
function readingsOf(kind: 'geophone' | 'air-pressure', channels: readonly string[]) {
  const measure = createMeasure({ sensor, kind, channels })
  const readings = []
  for (let second = 0; second < 30; second++) {
    for (const channel of channels) {
      const counts = Int32Array.from({ length: RATE_HZ }, (_, i) => {
        const t = i / RATE_HZ
        const noise = ((i * 7919 + second * 104_729) % 21) - 10
        return noise + (second === 20 ? Math.round(60_000 * Math.exp(-8 * t) * Math.sin(2 * Math.PI * 15 * t)) : 0)
      })
      const startAt = instant(1_790_000_000_000 + second * 1000)
      const unit = kind === 'geophone' ? 'm/s' : 'Pa'
      readings.push(
        ...measure.push({
          kind: 'waveform',
          channel,
          startAt,
          rateHz: RATE_HZ,
          counts,
          countsPerUnit: 1e6,
          unit,
          clock: 'ntp',
        }),
      )
    }
  }
  return [...readings, ...measure.end()]
}

describe('channel codes that are not HHZ', () => {
  it.each([
    ['geophone', ['EHZ']],
    ['geophone', ['EHZ', 'EHN', 'EHE']],
    ['geophone', ['SHE', 'SHN', 'SHZ']],
    ['geophone', ['GP1', 'GP2', 'GPZ']],
    ['air-pressure', ['HDF']],
    ['air-pressure', ['BDF']],
  ] as const)('%s %j: windows of each channel and events are measured, and declared by the birth', (kind, channels) => {
    const readings = readingsOf(kind, channels)
    const births = new Births([{ id: sensor, kind, channels: [...channels] }], [])
    const windows = new Set(
      readings.filter((each) => each.kind === 'vibration' || each.kind === 'air').map((each) => each.channel),
    )
    expect(windows).toEqual(new Set(channels))
    expect(readings.filter((each) => each.kind === 'event' || each.kind === 'airEvent')).toHaveLength(1)
    expect(readings.filter((each) => !births.declares(each))).toEqual([])
  })
})
