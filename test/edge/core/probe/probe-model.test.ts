import type { ImageVerdict } from '@minewarden/edge/core/image/frame.ts'
import { PICTURE_LAPSE_MS, ProbeModel } from '@minewarden/edge/core/probe/probe-model.ts'
import { mergeVerdicts, type ProbeVerdict } from '@minewarden/edge/core/probe/probe-verdict.ts'
import type { ProbeReading } from '@minewarden/hardware/contract.ts'
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'

const T0 = 1.7e12
const at = (s: number) => instant(T0 + s * 1_000)
const word = (s: number, status: ProbeStatus, more: Partial<ProbeReading> = {}): ProbeReading => ({
  kind: 'probe',
  at: at(s),
  clock: 'ntp',
  status,
  ...more,
})
const seen = (status: ImageVerdict['status'], confidence = 0.8, s = 0): ImageVerdict => ({
  status,
  cause: status === 'online' ? null : `picture-${status}`,
  confidence,
  since: at(s),
})
const held = (status: ProbeStatus, confidence: number | null = 0.8): ProbeVerdict => ({
  status,
  cause: status === 'online' ? null : 'said',
  confidence,
  since: at(0),
})
const shown = (status: ImageVerdict['status'], confidence = 0.8): ProbeVerdict => ({
  ...held(status, confidence),
  cause: status === 'online' ? null : 'seen',
})

describe('what follows from a word and a picture', () => {
  it.each<[ProbeStatus, ImageVerdict['status'], ProbeStatus, string | null]>([
    ['offline', 'online', 'offline', 'said'],
    ['offline', 'moved', 'offline', 'said'],
    ['tampered', 'occluded', 'tampered', 'said'],
    ['online', 'online', 'online', null],
    ['online', 'dark', 'dark', 'seen'],
    ['occluded', 'occluded', 'occluded', 'said'],
    ['occluded', 'frozen', 'frozen', 'seen'],
    ['occluded', 'moved', 'occluded', 'said'],
    ['occluded', 'online', 'occluded', 'said'],
  ])('%s and %s is %s', (said, pictured, status, cause) => {
    expect(mergeVerdicts(held(said), shown(pictured))).toMatchObject({ status, cause })
  })

  it('is surer when both say it, less sure of tampering beside a good picture', () => {
    expect(mergeVerdicts(held('occluded'), shown('occluded'))?.confidence).toBeCloseTo(0.96)
    expect(mergeVerdicts(held('tampered'), shown('moved'))?.confidence).toBeCloseTo(0.96)
    expect(mergeVerdicts(held('tampered'), shown('online', 1))?.confidence).toBeCloseTo(0.4)
  })

  it('does not believe a doubtful picture alone', () => {
    expect(mergeVerdicts(held('online'), shown('moved', 0.3))?.status).toBe('online')
    expect(mergeVerdicts(null, shown('moved', 0.3))).toMatchObject({ status: 'online', cause: null })
    expect(mergeVerdicts(null, shown('moved'))?.status).toBe('moved')
  })
})

describe('a probe', () => {
  it('that goes away is told at once, with its last sign of life', () => {
    const model = new ProbeModel({ settleMs: 60_000 })
    model.word(word(0, 'online'))
    const told = model.word(word(600, 'offline', { sinceMs: at(420), cause: 'keepalive-missed', confidence: 0.8 }))
    expect(told).toEqual({
      status: 'offline',
      cause: 'keepalive-missed',
      confidence: 0.8,
      since: at(420),
      clockOffsetS: null,
    })
  })

  it('is not online by a picture taken before it went away', () => {
    const model = new ProbeModel({ settleMs: 0 })
    model.word(word(0, 'online'))
    expect(model.picture(seen('occluded'), at(1))?.status).toBe('occluded')
    expect(model.word(word(2, 'offline'))?.status).toBe('offline')
    expect(model.word(word(3, 'online'))?.status).toBe('online')
  })

  it('is well again when no picture came for a quarter of an hour', () => {
    const model = new ProbeModel({ settleMs: 60_000 })
    model.word(word(0, 'online'))
    expect(model.picture(seen('dark'), at(60))?.status).toBe('dark')
    const lapsesAt = 60 + PICTURE_LAPSE_MS / 1_000
    const told: number[] = []
    for (let s = 61; s < lapsesAt + 120; s++) if (model.tick(at(s))?.status === 'online') told.push(s)
    expect(told).toEqual([lapsesAt + 60])
  })

  it('whose pictures come once an hour keeps their verdict between them', () => {
    const model = new ProbeModel({ settleMs: 60_000 })
    model.word(word(0, 'online'))
    model.picture(seen('dark'), at(0))
    model.picture(seen('dark'), at(3_600))
    expect(model.tick(at(2 * 3_600))).toBeNull()
  })

  it('tells its clock again when it has moved by two seconds, and not what is not settled for its sake', () => {
    const model = new ProbeModel({ settleMs: 60_000 })
    model.word(word(0, 'online'))
    expect(model.word(word(1, 'online', { clockOffsetS: 5 }))?.clockOffsetS).toBe(5)
    expect(model.word(word(2, 'online', { clockOffsetS: 6.9 }))).toBeNull()
    expect(model.word(word(3, 'online', { clockOffsetS: 7 }))?.clockOffsetS).toBe(7)
    model.word(word(4, 'offline'))
    expect(model.word(word(5, 'online', { clockOffsetS: 99 }))).toBeNull()
  })

  it('that is well says since when it is, also after the time became known', () => {
    const model = new ProbeModel({ settleMs: 60_000 })
    model.word(word(0, 'offline'))
    model.word(word(10, 'online'))
    model.restamp((moment) => instant(moment + 1e6))
    expect(model.tick(instant(at(80) + 1e6))).toMatchObject({ status: 'online', since: at(10) + 1e6 })
  })
})
