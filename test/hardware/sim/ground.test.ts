import type { Act } from '@minewarden/hardware/sim/act.ts'
import { createRandom } from '@minewarden/hardware/sim/random.ts'
import { firings } from '@minewarden/hardware/sim/round.ts'
import { describe, expect, it } from 'vitest'
import { DAY, firstBeyond, ground, lineAt, peakVector, record, rms, strongest } from './support.ts'

const RATE = 250
const second = (samples: ArrayLike<number>, fromS: number, toS: number, rateHz = RATE) =>
  Array.from(samples).slice(fromS * rateHz, toS * rateHz)

describe('ground noise', () => {
  it('is 0.1 to 1 um/s, and less by night than by day', async () => {
    const geophone = [{ kind: 'geophone', id: 'geo-1', channels: ['HHZ'] }]
    const night = rms((await record('offline-camera', { forS: 15, sensors: geophone })).waves.HHZ!)
    const day = rms((await record('offline-camera', { forS: 15, sensors: geophone, startAt: DAY })).waves.HHZ!)
    expect(night).toBeGreaterThan(1e-7)
    expect(night).toBeLessThan(4e-7)
    expect(day).toBeGreaterThan(1.3 * night)
    expect(day).toBeLessThan(1e-6)
  })
})

describe('machines', () => {
  const machine = (name: Extract<Act, { kind: 'machine' }>['machine'], forS = 100): Act[] => [
    { kind: 'machine', machine: name, fromS: 1, forS, distanceM: 30 },
  ]

  it('a drill is a train of 30-40 blows a second with harmonics', () => {
    const up = second(ground(machine('rock-drill'), { forS: 20 })[0]!, 4, 20)
    const first = strongest(up, RATE, 30, 40, 0.1)
    expect(first.hz).toBeGreaterThan(32)
    expect(first.hz).toBeLessThan(36)
    const near = (hz: number) => strongest(up, RATE, hz - 0.8, hz + 0.8, 0.1).amplitude
    const between = strongest(up, RATE, 1.4 * first.hz, 1.6 * first.hz, 0.1).amplitude
    expect(near(2 * first.hz)).toBeGreaterThan(3 * between)
  })

  it('a jaw crusher strokes 3.3-5 times a second and breaks stones irregularly', () => {
    const up = second(ground(machine('jaw-crusher'), { forS: 40 })[0]!, 5, 40)
    const stroke = strongest(up, RATE, 3, 6, 0.05)
    expect(stroke.hz).toBeCloseTo(4.3, 1)
    const kurtosis = up.reduce((sum, value) => sum + value ** 4, 0) / up.length / rms(up) ** 4
    expect(kurtosis).toBeGreaterThan(4)
  })

  it('a pump is a steady line; a diesel generator wanders', () => {
    const spread = (samples: number[]) => {
      const lines = [0, 1, 2, 3, 4, 5].map(
        (n) => strongest(second(samples, 5 + n * 10, 15 + n * 10), RATE, 23, 27, 0.02).hz,
      )
      return Math.max(...lines) - Math.min(...lines)
    }
    const pump = Array.from(ground(machine('drainage-pump'), { forS: 66 })[0]!)
    expect(strongest(second(pump, 5, 25), RATE, 20, 30, 0.05).hz).toBeCloseTo(24.7, 1)
    expect(spread(pump)).toBeLessThan(0.05)
    expect(spread(Array.from(ground(machine('diesel-generator'), { forS: 66 })[0]!))).toBeGreaterThan(0.08)
  })

  it('are weaker from afar, and rise and fall within seconds', () => {
    const at = (distanceM: number) =>
      ground([{ kind: 'machine', machine: 'compressor', fromS: 2, forS: 10, distanceM }], { forS: 20 })[0]!
    const near = at(20)
    expect(rms(second(near, 6, 10)) / rms(second(at(200), 6, 10))).toBeGreaterThan(10)
    expect(rms(second(near, 0, 2))).toBeLessThan(rms(second(near, 6, 10)) / 50)
    expect(rms(second(near, 18, 20))).toBeLessThan(rms(second(near, 6, 10)) / 50)
  })

  it('stop with the supply when it drives them, and do not start again by themselves; diesels go on', () => {
    const share = (name: Parameters<typeof machine>[0]) => {
      const up = ground(machine(name), { forS: 24, lostAtS: 12 })[0]!
      return rms(second(up, 18, 24)) / rms(second(up, 6, 12))
    }
    expect(share('jaw-crusher')).toBeLessThan(0.01)
    expect(share('rock-drill')).toBeLessThan(0.01)
    expect(share('diesel-generator')).toBeGreaterThan(0.8)
  })
})

describe('a round', () => {
  const round = (distanceM: number, chargeKg: number, holes = 6): Act => ({
    kind: 'round',
    atS: 2,
    distanceM,
    holes,
    delayMs: 50,
    chargeKg,
    where: 'underground',
  })

  it.each([
    [80, 0.5],
    [110, 0.8],
    [300, 2],
    [1_000, 10],
  ])('at %i m with %f kg a delay has the peak velocity of V = K (Q^(1/3) / R)^a', (distanceM, chargeKg) => {
    const formula = 1.8 * (Math.cbrt(chargeKg) / distanceM) ** 1.7
    // Sites scatter by 15 %; the geophone takes a little off low frequencies.
    const peaks = [1, 2, 3, 4, 5].map((seed) =>
      peakVector(ground([round(distanceM, chargeKg)], { forS: 8, seed }), 0, 8 * RATE),
    )
    for (const peak of peaks) expect(Math.abs(Math.log(peak / formula))).toBeLessThan(0.6)
    const mean = peaks.reduce((sum, peak) => sum + Math.log(peak / formula), 0) / peaks.length
    expect(Math.abs(mean)).toBeLessThan(0.3)
  })

  it('arrives with the speed of P, at 30-200 Hz near by and lower from afar', () => {
    const rateHz = 1_000
    const middle = (distanceM: number) => {
      const up = ground([round(distanceM, 1, 1)], { forS: 6, rateHz })[0]!
      const onset = firstBeyond(up, 0.05 * up.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
      expect(onset / rateHz - 2).toBeGreaterThan(distanceM / 3_800 - 0.002)
      expect(onset / rateHz - 2).toBeLessThan(distanceM / 3_800 + 0.02)
      return strongest(Array.from(up).slice(onset, onset + 300), rateHz, 4, 250, 1).hz
    }
    const near = middle(80)
    expect(near).toBeGreaterThan(30)
    expect(near).toBeLessThan(200)
    expect(middle(1_500)).toBeLessThan(0.6 * near)
  })

  it('fires its holes one after the other, each about its delay after the last', () => {
    const act = { ...round(100, 1, 10), kind: 'round' } as Extract<Act, { kind: 'round' }>
    const fired = firings(act, createRandom(1))
    expect(fired).toHaveLength(10)
    for (let hole = 1; hole < fired.length; hole++) {
      expect(fired[hole]! - fired[hole - 1]!).toBeGreaterThan(0.03)
      expect(fired[hole]! - fired[hole - 1]!).toBeLessThan(0.07)
    }
  })
})

describe('what is not mining', () => {
  it('an earthquake brings S after P by the distance over 8 km/s, below the frequencies of a near round', () => {
    const [up, north] = ground([{ kind: 'earthquake', atS: 5, distanceKm: 80, magnitude: 3.5 }], { forS: 60 })
    expect(firstBeyond(up!, 2e-6) / RATE).toBeGreaterThan(5)
    expect(firstBeyond(up!, 2e-6) / RATE).toBeLessThan(7)
    expect(rms(second(north!, 16, 20))).toBeGreaterThan(3 * rms(second(north!, 11, 14.5)))
    expect(rms(second(north!, 45, 50))).toBeLessThan(0.3 * rms(second(north!, 16, 20)))
    const band = (from: number, to: number) => {
      let sum = 0
      for (let hz = from; hz < to; hz += 0.25) sum += lineAt(second(north!, 16, 24), RATE, hz) ** 2
      return sum
    }
    expect(band(1, 15)).toBeGreaterThan(20 * band(30, 100))
  })

  it('a vehicle comes and goes between 8 and 30 Hz', () => {
    const up = ground([{ kind: 'vehicle', fromS: 2, forS: 16, distanceM: 30 }], { forS: 20 })[0]!
    expect(rms(second(up, 9, 11))).toBeGreaterThan(3 * rms(second(up, 2, 4)))
    const hz = strongest(second(up, 6, 14), RATE, 2, 100, 0.25).hz
    expect(hz).toBeGreaterThan(8)
    expect(hz).toBeLessThan(30)
  })

  it('steps come about twice a second', () => {
    const up = ground([{ kind: 'footsteps', fromS: 1, forS: 24, distanceM: 10 }], { forS: 25 })[0]!
    const envelope = Array.from(up, (value) => Math.abs(value))
    const mean = envelope.reduce((sum, value) => sum + value, 0) / envelope.length
    const steps = strongest(
      envelope.map((value) => value - mean),
      RATE,
      1,
      3,
      0.02,
    )
    expect(steps.hz).toBeGreaterThan(1.6)
    expect(steps.hz).toBeLessThan(2.2)
  })
})
