import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import { createSiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import { Finding, type StateFinding } from '@minewarden/protocol/finding.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant } from '@minewarden/protocol/time.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  airEvent,
  DAY,
  event,
  gateway,
  judgeAll,
  meter,
  NIGHT,
  power,
  probe,
  siteOf,
  windows,
} from '../../../support/detection.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const statesOf = (findings: readonly Finding[]): StateFinding[] => findings.filter((f) => f.kind === 'state')
const highest = (findings: readonly Finding[]): string => {
  const order = ['sealed', 'watch', 'suspected', 'reopened']
  return order[Math.max(0, ...statesOf(findings).map((s) => order.indexOf(s.state)))]!
}
const enters = (findings: readonly Finding[], state: string): number | null =>
  statesOf(findings).find((s) => s.state === state)?.at ?? null

/** A pump that runs ten minutes of each hour. */
const pumping = (from: number, minutes: number) =>
  meter(from, minutes, (m) => (m % 60 > 20 && m % 60 < 30 ? 5400 : 150))
/** A shift: compressor and winch from the tenth minute on, in bouts. */
const shift = (m: number) => m >= 10 && m % 4 < 3
const mending = (from: number, minutes: number) => [
  ...meter(from, minutes, (m) => (shift(m) ? 9_000 : 150)),
  ...windows(from, minutes, (m) => (shift(m) ? 9 : 0)),
]
const working = (from: number, minutes: number) => [
  ...meter(from, minutes, (m) => (shift(m) ? 36_000 : 150)),
  ...windows(from, minutes, (m) => (shift(m) ? 9 : 0)),
]
const quiet = (from: number, minutes: number) => [...pumping(from, minutes), ...windows(from, minutes, () => 0)]

/** Blows a second of an air-leg drill. */
const DRILL_HZ = 36

describe('a sealed site', () => {
  it('with its pump, steps and vehicles stays sealed', () => {
    expect(judgeAll(siteOf(), quiet(NIGHT, 120)).filter((f) => f.kind === 'state')).toEqual([])
  })

  it('with a single strong blast at night, meter and probe calm, is suspected, never reopened', () => {
    const findings = judgeAll(siteOf(), [...quiet(NIGHT, 120), probe(NIGHT, 'online'), event(NIGHT + 40 * MINUTE)])
    expect(highest(findings)).toBe('suspected')
    expect(findings.filter((f) => f.kind === 'event').map((f) => f.class)).toEqual(['blast'])
  })

  it('next to a quarry by day, with machines and blasts but a calm meter, is not reopened', () => {
    const machines = windows(DAY, 120, (m) => (shift(m) ? 9 : 0))
    const blasts = [event(DAY + 35 * MINUTE), event(DAY + 95 * MINUTE)]
    expect(['sealed', 'watch', 'suspected']).toContain(
      highest(judgeAll(siteOf(), [...machines, ...blasts, ...pumping(DAY, 120)])),
    )
  })

  it('beside machines at night, with a covered camera but no load and no blast, is suspected when they go on, not reopened', () => {
    const beside = (minutes: number) => {
      const machines = windows(NIGHT, 120, (m) => (shift(m) && m < 10 + minutes ? 9 : 0))
      return highest(judgeAll(siteOf(), [...machines, ...pumping(NIGHT, 120), probe(NIGHT + 12 * MINUTE, 'occluded')]))
    }
    expect(beside(1)).toBe('watch')
    expect(beside(110)).toBe('suspected')
  })

  it('with a caretaker who heats and walks is not even suspected', () => {
    const kettle = meter(DAY, 90, (m) => (m % 6 < 1 ? 5200 : 150), { tan: 0 })
    expect(['sealed', 'watch']).toContain(highest(judgeAll(siteOf(), [...kettle, ...windows(DAY, 90, () => 0)])))
  })

  it('with a forgotten small motor, beside machines that start without it, is not reopened', () => {
    const motor = meter(NIGHT, 120, (m) => (m > 3 ? 1900 : 150))
    const machines = windows(NIGHT, 120, (m) => (shift(m) ? 9 : 0))
    expect(highest(judgeAll(siteOf(), [...motor, ...machines]))).toBe('suspected')
  })

  it('is watched, not suspected, when the wind has turned its camera again and again, where nothing else could tell', () => {
    const readings = [0, 1, 2, 3].flatMap((hour) => [
      probe(NIGHT + hour * HOUR, 'moved'),
      probe(NIGHT + (hour + 0.5) * HOUR, 'online'),
    ])
    const findings = judgeAll(siteOf(), [probe(NIGHT - HOUR, 'online'), ...readings])
    expect(highest(findings)).toBe('watch')
  })

  it('with a camera alone is calm again a day after the camera was put right', () => {
    const states = judgeAll(siteOf({ area: 'general' }), [
      probe(DAY, 'moved'),
      probe(DAY + HOUR, 'online'),
      probe(DAY + 24 * HOUR, 'dark'),
    ]).filter((f) => f.kind === 'state')
    expect(states.map((f) => f.state)).toEqual(['watch', 'sealed'])
  })

  it('under a permit may have the machines and the load of who mends something', () => {
    const permits = [{ reason: 'maintenance', from: '2026-05-01T15:05:00Z', to: '2026-05-01T17:00:00Z' }]
    expect(['sealed', 'watch']).toContain(highest(judgeAll(siteOf({ permits }), mending(NIGHT, 100))))
  })
})

describe('a reopened site', () => {
  it('is found by load and machines within five minutes, on two independent kinds of sensor', () => {
    const findings = judgeAll(siteOf(), working(NIGHT, 60))
    const state = statesOf(findings).find((s) => s.state === 'reopened')!
    expect(state.at - (NIGHT + 10 * MINUTE)).toBeLessThan(5 * MINUTE)
    expect(state.independentKinds).toEqual(['geophone', 'power-meter'])
    expect(state.because.map((r) => r.code)).toContain('motor-load')
    for (const finding of findings) expect(Finding.safeParse(finding).success).toBe(true)
  })

  it('is found by day, too', () => {
    expect(highest(judgeAll(siteOf(), working(DAY, 60)))).toBe('reopened')
  })

  it('by a quarter-hourly meter: at the first quarter that no pump explains', () => {
    const readings = [
      ...meter(NIGHT, 90, (m) => (m >= 29 ? 28_000 : 300), { everyS: 900 }),
      ...windows(NIGHT, 90, (m) => (m >= 20 && m % 4 < 3 ? 9 : 0)),
    ]
    expect(enters(judgeAll(siteOf(), readings), 'reopened')).toBe(NIGHT + 45 * MINUTE)
  })

  it('that runs on a generator is found by its machines and its blast at night', () => {
    const machines = windows(NIGHT, 90, (m) => (shift(m) && m < 40 ? 9 : 0), true, DRILL_HZ)
    const findings = judgeAll(siteOf(), [...machines, ...pumping(NIGHT, 90), event(NIGHT + 50 * MINUTE)])
    const state = statesOf(findings).find((s) => s.state === 'reopened')!
    expect(state.at - (NIGHT + 50 * MINUTE)).toBeLessThan(2 * MINUTE)
    // One kind of sensor only: not yet the ground of an order.
    expect(state.independentKinds).toEqual(['geophone'])
  })

  it('that works under a permit with more than who mends something brings is found without a blast', () => {
    const permits = [{ reason: 'maintenance', from: '2026-05-01T15:05:00Z', to: '2026-05-01T17:00:00Z' }]
    const findings = judgeAll(siteOf({ permits }), working(NIGHT, 60))
    expect(enters(findings, 'reopened')).not.toBeNull()
    for (const { orderGrade } of statesOf(findings)) expect(orderGrade?.met).toBe(false)
  })

  it('that abuses a permit is found by its blast, and what the permit covered then counts', () => {
    const permits = [{ reason: 'maintenance', from: '2026-05-01T15:05:00Z', to: '2026-05-01T17:00:00Z' }]
    const findings = judgeAll(siteOf({ permits }), [...mending(NIGHT, 60), event(NIGHT + 40 * MINUTE)])
    expect(enters(findings, 'reopened')! - (NIGHT + 40 * MINUTE)).toBeLessThan(2 * MINUTE)
    expect(
      statesOf(findings)
        .find((s) => s.state === 'reopened')!
        .because.map((r) => r.code),
    ).toContain('permit-void')
  })
})

describe('what is missing', () => {
  it('neither calms nor alarms: without a meter, machines and blast weigh the same', () => {
    const machines = windows(NIGHT, 90, (m) => (shift(m) && m < 40 ? 9 : 0), true, DRILL_HZ)
    const blast = event(NIGHT + 50 * MINUTE)
    const without = judgeAll(siteOf(), [...machines, blast])
    const calm = judgeAll(siteOf(), [...machines, ...pumping(NIGHT, 90), blast])
    expect(enters(without, 'reopened')! - enters(calm, 'reopened')!).toBeLessThan(5000)
  })

  it('time that passes without readings changes nothing', () => {
    const detector = createSiteDetector(siteOf())
    for (const r of working(NIGHT, 30).sort((a, b) => a.measuredAt - b.measuredAt))
      detector.observe(gateway, r, { historical: false })
    detector.advanceTo(instant(NIGHT + 31 * MINUTE))
    expect(statesOf(detector.advanceTo(instant(NIGHT + 600 * MINUTE)))).toEqual([])
  })

  it('readings of the gateway itself are left alone', () => {
    const health = {
      kind: 'health',
      sensor: null,
      channel: null,
      measuredAt: instant(NIGHT),
      clock: 'ntp',
      fields: {},
    } as unknown as Reading
    expect(createSiteDetector(siteOf()).observe(gateway, health, { historical: false })).toEqual([])
  })
})

describe('quiet and broken', () => {
  const silent = (until: number) => {
    const detector = createSiteDetector(siteOf())
    for (const r of quiet(NIGHT, 30).sort((a, b) => a.measuredAt - b.measuredAt))
      detector.observe(gateway, r, { historical: false })
    return { detector, findings: detector.advanceTo(instant(NIGHT + until * MINUTE)) }
  }

  it('are told apart: a site that nobody hears is watched, and says so', () => {
    expect(silent(50).findings).toEqual([])
    const [state, ...more] = statesOf(silent(70).findings)
    expect(state).toMatchObject({ state: 'watch', because: [{ code: 'sensors-silent' }] })
    expect(state!.because[0]!.values.kinds).toBe('geophone power-meter')
    expect(more).toEqual([])
  })

  it('are told once, and taken back when the sensors are heard again', () => {
    const { detector } = silent(70)
    expect(detector.advanceTo(instant(NIGHT + 300 * MINUTE))).toEqual([])
    const back = quiet(NIGHT + 301 * MINUTE, 5).sort((a, b) => a.measuredAt - b.measuredAt)
    const findings = back.flatMap((r) => detector.observe(gateway, r, { historical: false }))
    expect(statesOf(findings).map((s) => s.state)).toEqual(['sealed'])
  })

  it('one silent sensor of two is no blindness', () => {
    const detector = createSiteDetector(siteOf())
    const readings = [...windows(NIGHT, 10, () => 0), ...pumping(NIGHT, 90)].sort((a, b) => a.measuredAt - b.measuredAt)
    expect(statesOf(readings.flatMap((r) => detector.observe(gateway, r, { historical: false })))).toEqual([])
  })
})

describe('evidence for an order', () => {
  it('is told with the state, and once more when it has grown to order grade', () => {
    const readings = [...working(NIGHT, 90), probe(NIGHT + 20 * MINUTE, 'occluded')]
    const reopened = statesOf(judgeAll(siteOf(), readings)).filter((s) => s.state === 'reopened')
    expect(reopened.map((s) => s.orderGrade?.met)).toEqual([false, true])
    expect(reopened[0]!.orderGrade?.because.map((r) => r.code)).toEqual(['grade-few-causes'])
    expect(reopened[1]!.orderGrade?.causes).toEqual(['work', 'camera'])
    expect(reopened[1]!.at - (NIGHT + 20 * MINUTE)).toBeLessThan(2 * MINUTE)
  })

  it('is none while it rests on readings that were sent late', () => {
    const detector = createSiteDetector(siteOf())
    const readings = [...working(NIGHT, 40), probe(NIGHT + 20 * MINUTE, 'occluded')].sort(
      (a, b) => a.measuredAt - b.measuredAt,
    )
    const findings = readings.flatMap((r) => detector.observe(gateway, r, { historical: r.kind === 'power' }))
    const reopened = statesOf(findings).filter((s) => s.state === 'reopened')
    expect(reopened.length).toBeGreaterThan(0)
    for (const state of reopened) expect(state.orderGrade?.met).toBe(false)
  })
})

describe('clocks that may be wrong', () => {
  const reopenedAt = (clockErrorMs: number) => {
    const readings = working(DAY, 40).map((r) => ({ ...r, clockErrorMs }))
    return enters(judgeAll(siteOf(), readings), 'reopened') ?? Number.POSITIVE_INFINITY
  }

  it('say nothing of what is simultaneous, so that it takes longer to be sure', () => {
    expect(reopenedAt(40_000)).toBeGreaterThan(reopenedAt(20))
  })
})

describe('after a cut', () => {
  const supply = (findings: readonly Finding[]) =>
    findings.flatMap((f) => (f.kind === 'after-cut' ? [[f.fact, f.afterCut] as const] : []))
  const cutAt = NIGHT + 10 * MINUTE
  const judgeCut = (readings: readonly Reading[], restoredMs: number | null = null) => {
    const detector = createSiteDetector(siteOf())
    let told = 0
    const findings = [...readings]
      .sort((a, b) => a.measuredAt - b.measuredAt)
      .flatMap((r) => {
        if (told === 0 && r.measuredAt > cutAt + 20_000) {
          told = 1
          detector.tellSupply({ kind: 'cut', atMs: cutAt, measuresAt: 'load' })
        }
        if (told === 1 && restoredMs !== null && r.measuredAt > restoredMs) {
          told = 2
          detector.tellSupply({ kind: 'restored', atMs: restoredMs, measuresAt: 'load' })
        }
        return detector.observe(gateway, r, { historical: false })
      })
    for (const finding of findings) expect(Finding.safeParse(finding).success).toBe(true)
    return findings
  }
  /** Dead from the cut on, back after so many minutes. */
  const dead = (minutes: number) =>
    Array.from({ length: 60 * 60 }, (_, i) => {
      const at = NIGHT + 1000 * (i + 1)
      return at > cutAt && at < cutAt + minutes * MINUTE ? power(at, 0, { volts: 0 }) : power(at, 3000)
    })

  it('voltage that returns without an order is a self-reconnection, told once', () => {
    expect(supply(judgeCut([...dead(20), ...windows(NIGHT, 60, () => 0)]))).toEqual([['self-reconnection', true]])
  })

  it('voltage that an order gave back is none', () => {
    const findings = judgeCut([...dead(20), ...windows(NIGHT, 60, () => 0)], cutAt + 20 * MINUTE - 1000)
    expect(supply(findings)).toEqual([])
  })

  it('machines at a dead meter have their power from elsewhere', () => {
    const machines = windows(NIGHT, 60, (m) => (m > 15 && m % 6 < 5 ? 16 : 0))
    expect(supply(judgeCut([...dead(50), ...machines])).map(([fact]) => fact)).toContain('borrowed-supply')
  })
})

describe('order and lateness', () => {
  it('readings a few seconds out of order give the same', () => {
    const readings = [...working(NIGHT, 25), event(NIGHT + 12 * MINUTE)].sort((a, b) => a.measuredAt - b.measuredAt)
    const shuffled = readings
      .map((r, i) => ({ r, key: r.measuredAt + (r.kind === 'power' ? 9000 : 0) + (i % 3) }))
      .sort((a, b) => a.key - b.key)
      .map((x) => x.r)
    const run = (list: Reading[]) => {
      const detector = createSiteDetector(siteOf())
      const findings = list.flatMap((r) => detector.observe(gateway, r, { historical: false }))
      return [...findings, ...detector.advanceTo(instant(NIGHT + 30 * MINUTE))]
    }
    expect(run(shuffled)).toEqual(run(readings))
  })

  it('a blast that comes an hour late is told as late and moves no state', () => {
    const detector = createSiteDetector(siteOf())
    for (const r of quiet(NIGHT, 90).sort((a, b) => a.measuredAt - b.measuredAt))
      detector.observe(gateway, r, { historical: false })
    const findings = detector.observe(gateway, event(NIGHT + 10 * MINUTE), { historical: true })
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: 'event', class: 'blast', late: true })
    expect(statesOf(detector.advanceTo(instant(NIGHT + 95 * MINUTE)))).toEqual([])
  })

  it('a backlog is late by the clock, even if nothing newer was measured', () => {
    const detector = createSiteDetector(siteOf())
    detector.advanceTo(instant(NIGHT + 60 * MINUTE))
    expect(detector.observe(gateway, event(NIGHT), { historical: true })[0]).toMatchObject({ late: true })
  })

  it('a clock that was an hour ahead and is set back does not blind the site', () => {
    const detector = createSiteDetector(siteOf({ expectedLoads: [] }))
    const HOUR = 60 * MINUTE
    for (const r of quiet(NIGHT, 10)) detector.observe(gateway, r, { historical: false })
    detector.advanceTo(instant(NIGHT + 10 * MINUTE + HOUR))
    const later = NIGHT + 11 * MINUTE
    detector.advanceTo(instant(later))
    const findings = working(later, 40).flatMap((r) => detector.observe(gateway, r, { historical: false }))
    expect(enters(findings, 'reopened')).not.toBeNull()
  })

  it('two geophones that feel one blast tell it once', () => {
    const blasts = [event(NIGHT + 40 * MINUTE), event(NIGHT + 40 * MINUTE + 300, {}, 'geo-2')]
    const findings = judgeAll(siteOf(), [...quiet(NIGHT, 60), ...blasts])
    expect(findings.filter((f) => f.kind === 'event')).toHaveLength(1)
    expect(highest(findings)).toBe('suspected')
  })

  it('thunder that the microphone hears is no blast', () => {
    const rumble = { durationS: 9, peakPressurePa: 4, energySpanS: 3.2, decayS: 1.4, firstRatio: 0.4, snrDb: 45 }
    const findings = judgeAll(siteOf(), [
      ...quiet(NIGHT, 30),
      event(NIGHT + 10 * MINUTE),
      airEvent(NIGHT + 10 * MINUTE - 300, rumble),
    ])
    expect(findings.filter((f) => f.kind === 'event' && f.class === 'blast')).toEqual([])
  })
})

describe('a snapshot', () => {
  const readings = [
    ...working(NIGHT, 20),
    probe(NIGHT + 3 * MINUTE, 'occluded'),
    event(NIGHT + 6 * MINUTE),
    event(NIGHT + 15 * MINUTE),
    power(NIGHT + 2 * MINUTE + 1, null),
  ].sort((a, b) => a.measuredAt - b.measuredAt)
  const end = instant(NIGHT + 24 * MINUTE)

  it('through JSON, at any point, gives identical further behaviour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: readings.length }), (at) => {
        const one = createSiteDetector(siteOf())
        for (const r of readings.slice(0, at)) one.observe(gateway, r, { historical: false })
        const two = createSiteDetector(siteOf(), DEFAULT_PARAMETERS, JSON.parse(JSON.stringify(one.snapshot())))
        for (const r of readings.slice(at)) {
          expect(two.observe(gateway, r, { historical: false })).toEqual(one.observe(gateway, r, { historical: false }))
        }
        expect(two.advanceTo(end)).toEqual(one.advanceTo(end))
        expect(two.snapshot()).toEqual(one.snapshot())
      }),
      { numRuns: 12 },
    )
  })

  it('is not touched by what the detector does later', () => {
    const detector = createSiteDetector(siteOf())
    detector.observe(gateway, readings[0]!, { historical: false })
    const snapshot = detector.snapshot()
    const before = JSON.stringify(snapshot)
    for (const r of readings.slice(1)) detector.observe(gateway, r, { historical: false })
    expect(JSON.stringify(snapshot)).toBe(before)
  })

  it('of another version, or of nothing, begins anew', () => {
    const snapshots = [null, 7, {}, { version: 0, state: 'reopened' }]
    for (const snapshot of snapshots) {
      const detector = createSiteDetector(siteOf(), DEFAULT_PARAMETERS, snapshot)
      expect(detector.snapshot()).toEqual(createSiteDetector(siteOf()).snapshot())
    }
  })

  it('stays small, whatever streams by', () => {
    const detector = createSiteDetector(siteOf())
    for (let i = 0; i < 5000; i++) {
      detector.observe(gateway, event(NIGHT + 2000 * i, { snrDb: 15 }), { historical: false })
      detector.observe(
        gateway,
        { ...power(NIGHT + 2000 * i, i % 2 ? 30_000 : 150), sensor: SensorId.parse(`m-${i % 200}`) },
        { historical: false },
      )
    }
    expect(JSON.stringify(detector.snapshot()).length).toBeLessThan(400_000)
  })
})
