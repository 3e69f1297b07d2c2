import { familiarityOf } from '@minewarden/cloud/core/detection/power/appliances.ts'
import { createPowerMeter, type PowerMeterState, stepPower } from '@minewarden/cloud/core/detection/power-evidence.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../support/ground.ts'

const PUMP = [{ name: 'drainage pump', ratedW: 5500 }]
const DAY = 86_400_000
const MIDNIGHT = Date.UTC(2026, 4, 1)

/** A consumer of a site whose truth is known. */
interface Load {
  readonly watts: number
  readonly tan: number
  /** Three phases alike, or the first alone. */
  readonly phases: 1 | 3
  /** Current of the first second over what stays. */
  readonly inrush: number
  /** Stretches in seconds from the start. */
  readonly on: readonly (readonly [number, number])[]
}
const motor = (watts: number, ...on: [number, number][]): Load => ({ watts, tan: 0.62, phases: 3, inrush: 6, on })
const heater = (watts: number, ...on: [number, number][]): Load => ({ watts, tan: 0.02, phases: 1, inrush: 1, on })

const BASE_W = 180

/** What a meter reads of these loads: each second, or the mean of each interval. */
function* metered(
  loads: readonly Load[],
  { fromMs, seconds, everyS }: { fromMs: number; seconds: number; everyS: number },
) {
  const random = createRandom(3)
  for (let from = 0; from < seconds; from += everyS) {
    const sum = { watts: 0, vars: 0, a: 0, b: 0, c: 0 }
    // Means of long intervals from samples: twelve of them, or each second.
    const samples = everyS === 1 ? 1 : Math.min(everyS, 60)
    for (let i = 0; i < samples; i++)
      add(sum, loads, from + ((i + 0.5) * everyS) / samples - (everyS === 1 ? 0.5 : 0), samples)
    yield reading(fromMs + 1000 * (from + everyS), sum, 1 + 0.006 * (random() - 0.5))
  }
}

function add(
  sum: { watts: number; vars: number; a: number; b: number; c: number },
  loads: readonly Load[],
  second: number,
  of: number,
) {
  sum.watts += BASE_W / of
  sum.vars += (0.1 * BASE_W) / of
  sum.a += BASE_W / 230 / of
  for (const load of loads) {
    const stretch = load.on.find(([from, to]) => second >= from && second < to)
    if (!stretch) continue
    const factor = second - stretch[0] < 1 ? load.inrush : 1
    const amperes = (factor * load.watts * Math.hypot(1, load.tan)) / 230 / load.phases
    sum.watts += (load.watts * (factor > 1 ? 2 : 1)) / of
    sum.vars += (load.tan * load.watts * factor) / of
    sum.a += amperes / of
    if (load.phases === 3) {
      sum.b += amperes / of
      sum.c += amperes / of
    }
  }
}

const reading = (atMs: number, sum: { watts: number; vars: number; a: number; b: number; c: number }, noise: number) =>
  ({
    kind: 'power',
    sensor: 'meter-1',
    channel: null,
    measuredAt: atMs,
    clock: 'ntp',
    fields: {
      activePowerW: sum.watts * noise,
      reactivePowerVar: sum.vars * noise,
      voltageAV: 230,
      voltageBV: 230,
      voltageCV: 230,
      currentAA: sum.a * noise,
      currentBA: sum.b * noise,
      currentCA: sum.c * noise,
      activeEnergyWh: null,
      simulated: null,
    },
  }) as unknown as ReadingOf<'power'>

function watch(
  state: PowerMeterState,
  loads: readonly Load[],
  { day = 0, hour = 12, seconds = 3600, everyS = 1, expected = PUMP } = {},
) {
  const fromMs = MIDNIGHT + day * DAY + hour * 3_600_000
  return [...metered(loads, { fromMs, seconds, everyS })].map((r) => stepPower(state, r, expected))
}
const minutesOf = (steps: readonly { kind: string | null; minutes: number }[], kind: string) =>
  steps.filter((step) => step.kind === kind).reduce((sum, step) => sum + step.minutes, 0)

describe('the library of a site', () => {
  it('learns each consumer once: size, reactive share, phases, inrush, how long', () => {
    const state = createPowerMeter()
    watch(state, [motor(5200, [300, 900], [1800, 2400]), heater(2000, [1000, 1180], [3000, 3200])])
    expect(state.library.known).toHaveLength(2)
    const [pump, kettle] = [...state.library.known].sort((a, b) => b.watts - a.watts)
    expect(pump!.watts / 5200).toBeCloseTo(1, 1)
    expect(pump!.tan).toBeCloseTo(0.62, 1)
    expect(pump!.evenness!).toBeGreaterThan(0.9)
    expect(pump!.inrush!).toBeGreaterThan(4)
    expect(pump).toMatchObject({ ons: 2, onSinceMs: null })
    expect(pump!.meanMinutes!).toBeCloseTo(10, 0)
    expect(kettle!.evenness!).toBeLessThan(0.1)
    expect(kettle!.inrush!).toBeLessThan(1.5)
  })

  it('tells two motors that overlap apart', () => {
    const state = createPowerMeter()
    watch(state, [motor(5200, [300, 1500]), motor(11_000, [600, 1200])])
    expect(state.library.known.map((known) => Math.round(known.watts / 1000)).sort((a, b) => a - b)).toEqual([5, 11])
    expect(state.library.known.every((known) => known.onSinceMs === null)).toBe(true)
  })

  it('learns from readings a minute apart, too; from averages of a quarter of an hour nothing', () => {
    const slow = createPowerMeter()
    watch(slow, [motor(5200, [600, 1800]), heater(2000, [2400, 3000])], { everyS: 60 })
    expect(slow.library.known.length).toBeGreaterThanOrEqual(2)
    const slowest = createPowerMeter()
    watch(slowest, [motor(5200, [600, 9000])], { everyS: 900, seconds: 14_400 })
    expect(slowest.library.known).toEqual([])
  })

  it("a caretaker's welder of each afternoon becomes familiar; not at night, and a large motor never", () => {
    const state = createPowerMeter()
    for (let day = 0; day < 8; day++) {
      watch(state, [heater(2400, [600, 660], [900, 960], [1500, 1560]), motor(15_000, [2000, 3000])], { day })
    }
    const welder = state.library.known.find((known) => known.watts < 6000)!
    const compressor = state.library.known.find((known) => known.watts > 10_000)!
    const noon = MIDNIGHT + 8 * DAY + 12.5 * 3_600_000
    expect(familiarityOf(welder, noon)).toBeGreaterThan(0.6)
    expect(familiarityOf(welder, noon + DAY / 2)).toBeLessThan(0.1)
    expect(familiarityOf(compressor, noon)).toBe(0)
    const steps = watch(state, [heater(2400, [600, 700])], { day: 8 })
    const on = steps.find((step) => step.switched?.on)!
    expect(on.switched!.appliance.id).toBe(welder.id)
    expect(on.switched!.familiarity).toBeGreaterThan(0.6)
    expect(Math.max(...steps.map((step) => step.familiarity))).toBeGreaterThan(0.6)
  })

  it('is plain JSON and bounded, whatever is plugged in', () => {
    const state = createPowerMeter()
    const random = createRandom(11)
    for (let day = 0; day < 40; day++) {
      const loads = Array.from({ length: 10 }, (_, i) =>
        motor(300 * 1.5 ** (8 * random()), [i * 300 + 60, i * 300 + 200]),
      )
      watch(state, loads, { day, seconds: 3200 })
    }
    expect(state.library.known.length).toBeLessThanOrEqual(24)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    expect(JSON.stringify(state).length).toBeLessThan(12_000)
  })

  it('a gap in the readings or an outage makes no step', () => {
    const state = createPowerMeter()
    watch(state, [], { seconds: 600 })
    const after = watch(state, [motor(5200, [0, 600])], { hour: 13, seconds: 600 })
    expect(after.every((step) => step.switched === null)).toBe(true)
    expect(state.library.known).toEqual([])
  })
})

describe('the expected pump', () => {
  const thrice = (watts: number) => motor(watts, [300, 600], [900, 1200], [1500, 1800], [2100, 2400], [2700, 3000])

  it('once known by its starts, a motor well below it is not the pump', () => {
    const state = createPowerMeter()
    watch(state, [thrice(5300)])
    const other = watch(state, [motor(3400, [300, 1500])], { hour: 14 })
    expect(minutesOf(other, 'motor')).toBeGreaterThan(15)
    const pump = watch(state, [thrice(5300)], { hour: 16 })
    expect(minutesOf(pump, 'motor')).toBe(0)
  })

  it('before, half of its rating may be a worn pump', () => {
    expect(minutesOf(watch(createPowerMeter(), [motor(3400, [300, 1500])]), 'motor')).toBe(0)
  })

  it('wears down slowly and stays the pump', () => {
    const state = createPowerMeter()
    const steps = Array.from({ length: 30 }, (_, day) => watch(state, [thrice(5400 - 35 * day)], { day })).flat()
    expect(minutesOf(steps, 'motor')).toBe(0)
  })

  it('that runs far more than it has for a week is told; a wet week is not, nor anything before two days', () => {
    const state = createPowerMeter()
    const hours = (day: number, fromHour: number, count: number, minutesOn: number) =>
      Array.from({ length: count }, (_, h) =>
        watch(state, [motor(5300, [600, 600 + 60 * minutesOn])], {
          day,
          hour: fromHour + h,
          seconds: 3600,
          everyS: 60,
        }),
      ).flat()
    const first = hours(0, 0, 24, 10)
    expect(first.every((step) => step.duty === null)).toBe(true)
    for (let day = 1; day < 7; day++) hours(day, 0, 24, 9 + (day % 3))
    const wetter = hours(7, 0, 24, 13)
    expect(Math.max(...wetter.map((step) => step.duty!.excess))).toBeLessThan(0.3)
    const drained = hours(8, 0, 8, 45)
    expect(drained.at(-1)!.duty!.excess).toBeGreaterThan(0.8)
  })
})

describe('what a meter tells without reactive power', () => {
  it('a motor is known by its inrush on three phases, a heater by its one', () => {
    const blind = (load: Load) => {
      const state = createPowerMeter()
      const fromMs = MIDNIGHT
      return [...metered([load], { fromMs, seconds: 600, everyS: 1 })].map((r) =>
        stepPower(state, { ...r, fields: { ...r.fields, reactivePowerVar: null } }, []),
      )
    }
    const kinds = (load: Load) =>
      new Set(
        blind(load)
          .map((step) => (step.switched?.on ? step.switched.appliance : null))
          .filter((a) => a !== null)
          .map((a) => (a.inrush! > 2 ? 'motor' : 'other')),
      )
    expect([...kinds(motor(7500, [200, 500]))]).toEqual(['motor'])
    expect([...kinds(heater(3000, [200, 500]))]).toEqual(['other'])
  })

  it('nothing registered may draw: a pump there is unexpected, lights are not', () => {
    const none = { expected: [] as typeof PUMP }
    expect(watch(createPowerMeter(), [motor(5300, [300, 900])], none).some((step) => step.supplyUnexpected)).toBe(true)
    expect(watch(createPowerMeter(), [heater(120, [300, 900])], none).some((step) => step.supplyUnexpected)).toBe(false)
    expect(watch(createPowerMeter(), [motor(5300, [300, 900])]).some((step) => step.supplyUnexpected)).toBe(false)
  })

  it('a household on one phase unbalances the currents, a motor does not', () => {
    const most = (load: Load) =>
      Math.max(
        ...watch(createPowerMeter(), [load])
          .slice(400, 800)
          .map((step) => step.imbalance ?? 0),
      )
    expect(most(heater(4000, [300, 900]))).toBeGreaterThan(1.5)
    expect(most(motor(11_000, [300, 900]))).toBeLessThan(0.1)
  })
})
