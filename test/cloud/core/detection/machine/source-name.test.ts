import {
  createMachineState,
  type MachineStep,
  runningSources,
  stepMachine,
} from '@minewarden/cloud/core/detection/machine/machine-evidence.ts'
import { describe, expect, it } from 'vitest'
import { START } from '../../../../support/ground.ts'
import { addBlows, addTurning, hunting, linesOf, measured, night } from '../../../../support/machine-ground.ts'

/** What the cloud names of a wave that the gateway's own measure has listened to. */
function heard(wave: Float64Array, rateHz: number) {
  const state = createMachineState(START)
  const steps = linesOf(measured(wave, rateHz)).map((line) => stepMachine(state, line)!)
  return { state, steps, minutesOf: (source: string) => minutesOf(steps, source) }
}
const minutesOf = (steps: readonly MachineStep[], source: string): number =>
  steps.filter((step) => step.source.source === source).reduce((sum, step) => sum + step.seconds / 60, 0)

const MINUTES = 12
const quiet = (rateHz: number) => night(60 * (MINUTES + 2), rateHz)
const while12 = { fromS: 60, toS: 60 + 60 * MINUTES }

describe('naming what turns or strikes', () => {
  it.each([100, 200])('a drainage pump is a pump, never a generator (%i samples a second)', (rate) => {
    const wave = quiet(rate)
    addTurning(wave, rate, { ...while12, hz: () => 24.7, amplitude: 2e-7 })
    const { minutesOf, steps } = heard(wave, rate)
    expect(minutesOf('pump') + minutesOf('motor')).toBeGreaterThan(0.9 * MINUTES)
    // That it is left alone for long tells it from a motor that is used.
    expect(steps.at(-1)!.source.source).toBe('pump')
    expect(minutesOf('generator')).toBe(0)
  })

  it('a motor whose slip follows its load is no generator', () => {
    const wave = quiet(200)
    const slip = (second: number) => 25 * (1 - 0.02 - 0.0005 * Math.sin((2 * Math.PI * second) / 60))
    addTurning(wave, 200, { ...while12, hz: slip, amplitude: 3e-7 })
    expect(heard(wave, 200).minutesOf('generator')).toBeLessThan(1)
  })

  it.each([
    [25.2, 0.005],
    [24.7, 0.005],
    [50.4, 0.006],
    [26, 0.002],
  ])('an engine of %f turns a second that hunts by %f is a generator, off the grid', (hz, share) => {
    const wave = quiet(200)
    addTurning(wave, 200, { ...while12, hz: hunting(hz, share), amplitude: 4e-7 })
    const { minutesOf, state, steps } = heard(wave, 200)
    expect(minutesOf('generator')).toBeGreaterThan(0.6 * MINUTES)
    expect(Math.max(...steps.map((step) => step.source.offGrid))).toBeGreaterThan(0.9)
    expect(state.ended.at(-1)!.hz).toBeCloseTo(hz, 0)
  })

  it('the hum of the grid is neither fan nor generator', () => {
    const wave = quiet(200)
    addTurning(wave, 200, { ...while12, hz: (s) => 50 + 0.02 * Math.sin(s / 40), amplitude: 2e-7 })
    const { minutesOf } = heard(wave, 200)
    expect(minutesOf('grid-hum')).toBeGreaterThan(0.8 * MINUTES)
    expect(minutesOf('generator')).toBe(0)
  })

  it('the blades of a main fan are a fan', () => {
    const wave = quiet(500)
    addTurning(wave, 500, { ...while12, hz: () => 12.2 * 14, amplitude: 3e-7 })
    expect(heard(wave, 500).minutesOf('fan')).toBeGreaterThan(0.8 * MINUTES)
  })

  it('an air-leg drill that works hole by hole is a drill', () => {
    const wave = quiet(200)
    for (const fromS of [60, 300, 540]) {
      addTurning(wave, 200, { fromS, toS: fromS + 150, hz: hunting(34, 0.012), amplitude: 1e-6 })
    }
    const { minutesOf } = heard(wave, 200)
    expect(minutesOf('drill')).toBeGreaterThan(0.7 * 7.5)
  })

  it('a jaw crusher is a crusher', () => {
    const wave = quiet(200)
    addBlows(wave, 200, {
      ...while12,
      everyS: (r) => (1 + 0.01 * (r() - 0.5)) / 4.3,
      amplitude: 2e-6,
      ringHz: 17,
      uneven: 0.5,
    })
    expect(heard(wave, 200).minutesOf('crusher')).toBeGreaterThan(0.7 * MINUTES)
  })

  it('a generator and the pump beside it are told apart', () => {
    const wave = quiet(200)
    addTurning(wave, 200, { ...while12, hz: hunting(25.3, 0.003), amplitude: 4e-7 })
    addTurning(wave, 200, { ...while12, hz: () => 48.9, amplitude: 3e-7 })
    const { minutesOf } = heard(wave, 200)
    expect(minutesOf('generator')).toBeGreaterThan(0.5 * MINUTES)
    expect(minutesOf('pump') + minutesOf('motor') + minutesOf('fan')).toBeGreaterThan(0.5 * MINUTES)
  })

  it('blows of a hand at uneven times have no line', () => {
    const wave = quiet(100)
    addBlows(wave, 100, { ...while12, everyS: (r) => 0.8 + 2.4 * r(), amplitude: 3e-6, ringHz: 30, uneven: 0.6 })
    expect(heard(wave, 100).steps.reduce((sum, step) => sum + step.seconds, 0)).toBeLessThan(60)
  })
})

describe('what has always been there', () => {
  it('a plant far away that runs since listening began is no news after some minutes; a machine that comes is', () => {
    const wave = night(2400, 100)
    addTurning(wave, 100, { fromS: 0, toS: 2400, hz: () => 16.6, amplitude: 2e-7 })
    addTurning(wave, 100, { fromS: 1500, toS: 2400, hz: () => 31.3, amplitude: 3e-7 })
    const state = createMachineState(START)
    for (const line of linesOf(measured(wave, 100))) if (line.measuredAt < START + 2_300_000) stepMachine(state, line)
    const [first, second] = runningSources(state, START + 2_300_000)
    expect(first!.line.hz).toBeCloseTo(31.3, 1)
    expect(first!.novelty).toBeGreaterThan(0.9)
    expect(second!.line.hz).toBeCloseTo(16.6, 1)
    expect(second!.novelty).toBeLessThan(0.1)
  })

  it('a line of every noon is a habit at noon and strange at midnight, after a week', () => {
    const HOUR = 3_600_000
    const midnight = Date.UTC(2026, 4, 1)
    const state = createMachineState(midnight)
    const told = (fromMs: number, minutes: number, line: number) => {
      const steps: MachineStep[] = []
      for (let m = 1; m <= minutes; m++) {
        const at = fromMs + 60_000 * m
        const fields = {
          line,
          phase: m === minutes ? 'ended' : 'runs',
          form: 'tone',
          sinceMs: fromMs,
          heardMs: at,
          hz: 18,
          leastHz: 18,
          mostHz: 18,
          wanderHz: 0,
          errorHz: 0.03,
          db: 18,
          amplitudeMPerS: 2e-7,
          harmonics: 0,
          order: 1,
          presence: 1,
        }
        const reading = { kind: 'machineLine', sensor: null, channel: null, measuredAt: at, clock: 'ntp', fields }
        steps.push(stepMachine(state, reading as unknown as Parameters<typeof stepMachine>[1])!)
      }
      return steps[0]!.source.novelty
    }
    const noons = Array.from({ length: 8 }, (_, day) => told(midnight + (24 * day + 12) * HOUR, 59, day + 1))
    expect(noons[0]).toBe(1)
    expect(noons[7]).toBeLessThan(0.2)
    expect(told(midnight + (24 * 8 + 0) * HOUR, 20, 99)).toBeGreaterThan(0.9)
  })
})

describe('what is tracked', () => {
  it('is plain JSON and bounded, whatever streams by', () => {
    const state = createMachineState(START)
    for (let i = 0; i < 5000; i++) {
      const at = START + 20_000 * i
      const fields = {
        line: i,
        phase: i % 3 ? 'runs' : 'ended',
        form: i % 2 ? 'tone' : 'rhythm',
        sinceMs: at - 60_000,
        heardMs: at,
        hz: 8 + ((i * 7.3) % 90),
        db: 15,
      }
      stepMachine(state, { kind: 'machineLine', measuredAt: at, fields } as unknown as Parameters<
        typeof stepMachine
      >[1])
    }
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    expect(JSON.stringify(state).length).toBeLessThan(40_000)
    expect(state.lines.length).toBeLessThanOrEqual(16)
    expect(state.habits.known.length).toBeLessThanOrEqual(32)
  })

  it('a gateway that fell silent has no machines any more', () => {
    const wave = night(300, 100)
    addTurning(wave, 100, { fromS: 30, toS: 300, hz: () => 31, amplitude: 3e-7 })
    const state = createMachineState(START)
    for (const line of linesOf(measured(wave, 100))) stepMachine(state, line)
    expect(runningSources(state, START + 290_000)).toHaveLength(1)
    expect(runningSources(state, START + 900_000)).toEqual([])
  })

  it('a reading without its essentials is left out', () => {
    const state = createMachineState()
    expect(
      stepMachine(state, {
        kind: 'machineLine',
        measuredAt: 1,
        fields: { line: null, hz: null },
      } as unknown as Parameters<typeof stepMachine>[1]),
    ).toBeNull()
    expect(state.lines).toEqual([])
  })
})
