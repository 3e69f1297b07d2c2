import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeReading, WaveformBlock } from '../../../hardware/contract.ts'
import { completedAt, mergeByTime } from '../../../hardware/recording/merge.ts'

const probe = (at: number): ProbeReading => ({ kind: 'probe', at: instant(at), status: 'online', clock: 'ntp' })
const block = (startAt: number, samples: number): WaveformBlock => ({
  kind: 'waveform',
  channel: 'HHZ',
  startAt: instant(startAt),
  rateHz: 100,
  counts: new Int32Array(samples),
  countsPerUnit: 1,
  unit: 'm/s',
  clock: 'ntp',
})

describe('mergeByTime', () => {
  it('orders by the last sample, not the first', () => {
    const sources = [
      { key: 'geo', measurements: [block(0, 101), block(1010, 100)] },
      { key: 'probe', measurements: [probe(999), probe(1000), probe(1001)] },
    ]
    const merged = [...mergeByTime(sources)].map(({ key, completedAt }) => `${key} ${completedAt}`)
    expect(merged).toEqual(['probe 999', 'geo 1000', 'probe 1000', 'probe 1001', 'geo 2000'])
  })

  it('is a stable sort of any streams, empty ones too', () => {
    const streams = fc.array(
      fc.array(fc.nat(50)).map((times) => times.sort((a, b) => a - b)),
      { maxLength: 12 },
    )
    const property = fc.property(streams, (times) => {
      const sources = times.map((stream, key) => ({ key, measurements: stream.map(probe) }))
      const all = sources.flatMap(({ key, measurements }) => measurements.map((m) => ({ key, at: completedAt(m) })))
      const expected = all.sort((a, b) => a.at - b.at || a.key - b.key)
      expect([...mergeByTime(sources)].map(({ key, completedAt }) => ({ key, at: completedAt }))).toEqual(expected)
    })
    fc.assert(property)
  })

  it('ends every source when it is left early', () => {
    let ended = 0
    function* source() {
      try {
        for (let at = 0; ; at++) yield probe(at)
      } finally {
        ended++
      }
    }
    for (const { completedAt } of mergeByTime([1, 2, 3].map((key) => ({ key, measurements: source() })))) {
      if (completedAt > 10) break
    }
    expect(ended).toBe(3)
  })
})
