import { createEnergyCheck } from '@minewarden/edge/core/power/energy-check.ts'
import { createNightShare } from '@minewarden/edge/core/power/night-share.ts'
import { createStepFinder } from '@minewarden/edge/core/power/steps.ts'
import { createPowerSummariser } from '@minewarden/edge/core/power/summary.ts'
import { createVoltageWatch } from '@minewarden/edge/core/power/voltage-events.ts'
import { describe, expect, it } from 'vitest'
import { load, MIDNIGHT, reading } from './load.ts'

const present = <T>(values: Iterable<T | null>): T[] => [...values].filter((value) => value !== null)

describe('a summary', () => {
  const minutes = (readings: Iterable<ReturnType<typeof reading>>, periodMs = 60_000) => {
    const summariser = createPowerSummariser(periodMs)
    return [...readings].flatMap((each) => summariser.push(each))
  }

  it('of a steady load is that load, on the clock’s grid, with its energy', () => {
    const found = minutes(load(0, 181, () => 3_000))
    expect(found).toHaveLength(3)
    expect(found[1]).toMatchObject({
      fromAt: MIDNIGHT + 60_000,
      toAt: MIDNIGHT + 120_000,
      samples: 60,
      leastW: 3_000,
      mostW: 3_000,
    })
    expect(found[1]!.meanW).toBeCloseTo(3_000, 9)
    expect(found[1]!.coverage).toBeCloseTo(1, 9)
    expect(found[1]!.integralWh).toBeCloseTo(50, 9)
    expect(found[1]!.meanVar).toBeCloseTo(2_250, 9)
  })

  it('weighs readings by how long they stood', () => {
    // 20 s at 1 kW and 40 s at 4 kW.
    const [first] = minutes(load(0, 61, (s) => (s < 20 ? 1_000 : 4_000)))
    expect(first!.meanW).toBeCloseTo(3_000, 9)
  })

  it('does not fill what is missing: it covers less', () => {
    const [first] = minutes([...load(0, 30, () => 1_000), ...load(50, 61, () => 1_000)])
    expect(first!.meanW).toBeCloseTo(1_000, 9)
    // 29 s between readings, what the last before the gap may stand for, and the 10 s after it.
    expect(first!.coverage).toBeCloseTo((29 + 2.5 + 10) / 60, 9)
    const [unknown] = minutes(load(0, 61, (s) => (s < 30 ? 1_000 : null)))
    expect(unknown).toMatchObject({ samples: 30, mostW: 1_000 })
    expect(unknown!.coverage).toBeCloseTo(0.5, 9)
  })

  it('of a time in which nothing was read is not made, however long it was', () => {
    const found = minutes([...load(0, 61, () => 1_000), ...load(400_000, 400_201, () => 2_000)])
    expect(found.map(({ fromAt }) => (fromAt - MIDNIGHT) / 1000)).toEqual([0, 60, 399_960, 400_020, 400_080, 400_140])
  })

  it('is made of minute readings, and not of quarters of an hour', () => {
    expect(minutes(load(0, 601, () => 1_000, 60)).length).toBeGreaterThanOrEqual(8)
    expect(minutes(load(0, 9_001, () => 1_000, 900)).length).toBeLessThanOrEqual(1)
    expect(
      minutes(
        load(0, 9_001, () => 1_000, 900),
        900_000,
      ).length,
    ).toBeGreaterThanOrEqual(8)
  })

  it('tells how unbalanced the phases are, when all are known', () => {
    const uneven = [...load(0, 61, () => 1_000)].map((each) => ({
      ...each,
      currentA: [10, 10, 4] as const,
      voltageV: [220, null, 220] as const,
    }))
    const [first] = minutes(uneven)
    expect(first!.currentUnbalance).toBeCloseTo(0.5, 9)
    expect(first!.voltageUnbalance).toBeNull()
  })

  it('does not go back with a clock that does', () => {
    expect(minutes([...load(0, 30, () => 1_000), ...load(0, 30, () => 9_000)])).toEqual([])
  })
})

describe('a night’s share', () => {
  it('compares the night with the day before it, by local time', () => {
    const summariser = createPowerSummariser(900_000)
    const share = createNightShare()
    // Local night is 14:00 to 22:00 UTC.
    const isNight = (s: number) => s % 86_400 >= 14 * 3600 && s % 86_400 < 22 * 3600
    const told = present(
      [...load(-8 * 3600, 4 * 86_400, (s) => (isNight((s + 86_400) % 86_400) ? 6_000 : 1_000), 60)].flatMap((each) =>
        summariser.push(each).map((summary) => share.push(summary)),
      ),
    )
    expect(told).toHaveLength(5)
    expect(told[2]!.nightW).toBeCloseTo(6_000, 6)
    expect(told[2]!.dayW).toBeCloseTo(1_000, 6)
    expect(told[2]!.ratio).toBeCloseTo(6, 6)
  })

  it('is unknown when too little was read', () => {
    const summariser = createPowerSummariser(900_000)
    const share = createNightShare()
    const readings = [...load(0, 3 * 3600, () => 1_000, 60), ...load(30 * 3600, 31 * 3600, () => 1_000, 60)]
    const told = present(readings.flatMap((each) => summariser.push(each).map((summary) => share.push(summary))))
    expect(told).toMatchObject([{ nightW: null, dayW: null, ratio: null }])
  })
})

describe('steps', () => {
  const steps = (readings: Iterable<ReturnType<typeof reading>>) => {
    const finder = createStepFinder()
    return present([...readings].map((each) => finder.push(each)))
  }
  const noise = (s: number) => 15 * Math.sin(s * 1.7)

  it('are found with their size, phases and inrush', () => {
    const found = steps(load(0, 120, (s) => noise(s) + (s < 40 ? 200 : s < 42 ? 60_200 : s < 90 ? 11_200 : 200)))
    expect(found).toHaveLength(2)
    const [on, off] = found
    expect(on!.stepW).toBeGreaterThan(10_900)
    expect(on!.stepW).toBeLessThan(11_100)
    expect(on!.stepVar! / on!.stepW).toBeCloseTo(0.75, 2)
    expect(on!.inrushRatio).toBeGreaterThan(5)
    expect(on!.inrushS).toBeGreaterThanOrEqual(1)
    expect(on!.inrushS).toBeLessThanOrEqual(2)
    expect(on!.phases).toBe('ABC')
    expect(on!.at).toBe(MIDNIGHT + 40_000)
    expect(off).toMatchObject({ inrushRatio: null, at: MIDNIGHT + 90_000 })
    expect(off!.stepW).toBeLessThan(-10_900)
  })

  it('of a load on one phase name that phase', () => {
    const found = steps(
      [...load(0, 40, (s) => (s < 20 ? 300 : 2_300))].map((each, s) => ({
        ...each,
        currentA: [0.5, s < 20 ? 0.5 : 9.6, 0.5] as const,
      })),
    )
    expect(found.map(({ phases }) => phases)).toEqual(['B'])
  })

  it('are not seen in noise, in a drift, or across missing readings', () => {
    expect(steps(load(0, 600, (s) => 5_000 + 3 * noise(s)))).toEqual([])
    expect(steps(load(0, 600, (s) => 1_000 + s / 2))).toEqual([])
    expect(steps([...load(0, 60, () => 500), ...load(120, 180, () => 9_000)])).toEqual([])
    expect(steps(load(0, 60, (s) => (s === 30 ? null : s < 30 ? 500 : 9_000)))).toEqual([])
  })

  it('are not made of readings minutes apart', () => {
    expect(steps(load(0, 7_200, (s) => (s < 3_600 ? 500 : 9_000), 60))).toEqual([])
  })
})

describe('voltage', () => {
  const eventsOfPhases = (volts: readonly number[]) => {
    const watch = createVoltageWatch()
    return volts.flatMap((v, s) => watch.push(reading(s, 1_000, { voltageV: [v, v, v] })))
  }
  const steady = (volts: number, count: number) => Array.from({ length: count }, () => volts)

  it('is held against the level that it is of, behind transformers too', () => {
    for (const nominal of [57.7, 100, 220, 380, 5_774, 10_000, 35_000]) {
      expect(eventsOfPhases(steady(nominal * 1.05, 60))).toEqual([])
      const dipped = eventsOfPhases([...steady(nominal, 60), ...steady(nominal * 0.8, 3), nominal])
      expect(dipped.map(({ kind, durationS }) => [kind, durationS])).toEqual([
        ...Array.from({ length: 3 }, () => ['dip', null]),
        ...Array.from({ length: 3 }, () => ['dip', 3]),
      ])
    }
  })

  it('does not make a brown-out or a loss its level, and a swell is over before it is one', () => {
    const kinds = (volts: readonly number[]) => new Set(eventsOfPhases(volts).map(({ kind }) => kind))
    expect(kinds([...steady(220, 60), ...steady(120, 300)])).toEqual(new Set(['dip']))
    expect(kinds([...steady(220, 60), ...steady(0, 300)])).toEqual(new Set(['loss']))
    expect(kinds([...steady(220, 60), ...steady(330, 5), 220])).toEqual(new Set(['swell']))
    expect(eventsOfPhases(steady(0, 60))).toEqual([])
  })

  const events = (voltages: readonly (number | null)[]) => {
    const watch = createVoltageWatch()
    return voltages.flatMap((v, s) => watch.push(reading(s, 1_000, { voltageV: [v, 220, null] })))
  }

  it('that dips is told when it begins and when it ends, with its lowest', () => {
    expect(events([220, 190, 170, 192, 220])).toMatchObject([
      { kind: 'dip', phase: 'A', durationS: null, extremeV: 190 },
      { kind: 'dip', phase: 'A', durationS: 3, extremeV: 170 },
    ])
  })

  it('that is lost after a dip is a loss, and an unknown one is nothing', () => {
    expect(events([220, 180, 0, null, 0, 220]).map(({ kind, durationS }) => [kind, durationS])).toEqual([
      ['dip', null],
      ['dip', 1],
      ['loss', null],
      ['loss', 3],
    ])
    expect(events([220, null, null, 220])).toEqual([])
  })

  it('at a limit does not chatter', () => {
    expect(events([220, 197, 199, 197, 199, 201, 220])).toMatchObject([{ durationS: null }, { durationS: 5 }])
  })
})

describe('a register', () => {
  /** A load of 60 kW, read each second, the register each minute in steps. */
  const comparisons = (hours: number, registerWh: (trueWh: number) => number) => {
    const check = createEnergyCheck()
    return Array.from({ length: hours * 3_600 }, (_, s) => {
      const trueWh = (60_000 * s) / 3_600
      return check.push(reading(s, 60_000, s % 60 === 0 ? { activeEnergyWh: registerWh(trueWh) } : {}))
    }).filter((one) => one !== null)
  }
  const isHonest = ({ ratio, uncertainty }: { ratio: number | null; uncertainty: number }) =>
    ratio !== null && Math.abs(ratio - 1) <= uncertainty

  it('behind large transformers moves in large steps and is no liar for that', () => {
    const stepWh = 20_000
    const found = comparisons(40, (trueWh) => Math.floor(trueWh / stepWh) * stepWh)
    expect(found.length).toBeGreaterThan(1)
    expect(found.filter((one) => !isHonest(one))).toEqual([])
    const slowed = comparisons(40, (trueWh) => Math.floor((0.8 * trueWh) / stepWh) * stepWh)
    expect(slowed.filter((one) => isHonest(one))).toEqual([])
    expect(slowed.length).toBeGreaterThan(1)
  })

  it('that stands still is told', () => {
    expect(comparisons(4, () => 7)[0]).toMatchObject({ registerWh: 0, ratio: 0 })
    expect(isHonest(comparisons(4, () => 7)[0]!)).toBe(false)
  })

  const compare = (factor: number, more: (s: number) => number | null = () => 6_000) => {
    const check = createEnergyCheck()
    let wh = 1_000_000
    return present(
      [...load(0, 3_601, more)].map((each) => {
        wh += (factor * (each.activePowerW ?? 0)) / 3600
        return check.push({ ...each, activeEnergyWh: Math.floor(wh / 10) * 10 })
      }),
    )
  }

  it('that counts what is drawn agrees with the integral', () => {
    const found = compare(1)
    expect(found.length).toBeGreaterThanOrEqual(3)
    for (const { ratio, uncertainty } of found) expect(Math.abs(ratio! - 1)).toBeLessThanOrEqual(uncertainty)
  })

  it('that was slowed is told by how much', () => {
    for (const { ratio, uncertainty } of compare(0.6)) {
      expect(Math.abs(ratio! - 0.6)).toBeLessThanOrEqual(uncertainty)
    }
  })

  it('that goes back is told at once', () => {
    const check = createEnergyCheck()
    const wh = (s: number) => (s < 30 ? 500_000 : 100_000)
    const found = present(
      [...load(0, 60, () => 6_000)].map((each, s) => check.push({ ...each, activeEnergyWh: wh(s) })),
    )
    expect(found).toMatchObject([{ ratio: null, measuredAt: MIDNIGHT + 30_000, registerWh: -400_000 }])
  })

  it('is not judged across missing readings', () => {
    expect(compare(1, (s) => (s % 600 === 0 ? null : 6_000))).toEqual([])
  })
})
