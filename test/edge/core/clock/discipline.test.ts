import { ClockDiscipline, JUMP_MS } from '@minewarden/edge/core/clock/discipline.ts'
import { UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { ABSENT, BOOT, DAY, HOUR, MINUTE, SEEKING, SimulatedMachine } from './support/simulated-machine.ts'

const OPTIONS = { driftPpm: 20 }

/** A clock that a daemon already holds. */
function held(machine = new SimulatedMachine()) {
  machine.sync()
  const clock = new ClockDiscipline(machine.look(), OPTIONS)
  clock.observe(machine.look())
  return { machine, clock }
}
const trueError = (machine: SimulatedMachine, clock: ClockDiscipline) =>
  Math.abs(clock.utc(machine.monotonic) - machine.truth)
const expectHonest = (machine: SimulatedMachine, clock: ClockDiscipline) =>
  expect(clock.errorMs(machine.monotonic)).toBeGreaterThanOrEqual(trueError(machine, clock))

/** Fails when any later moment is stamped earlier. */
function watchOrder(clock: ClockDiscipline) {
  let last = Number.NEGATIVE_INFINITY
  return (machine: SimulatedMachine) => {
    for (let m = machine.monotonic - 5_000; m <= machine.monotonic; m += 250) {
      if (m < 0) continue
      const at = clock.utc(m)
      if (m > machine.monotonic - 1_000) {
        expect(at).toBeGreaterThan(last)
        last = at
      }
    }
  }
}

describe('the discipline of the clock', () => {
  it('is unsynchronised while the daemon seeks the time, and then moves everything by one constant', () => {
    const machine = new SimulatedMachine(0)
    const clock = new ClockDiscipline(machine.look(SEEKING), OPTIONS)
    expect(clock.observe(machine.look(SEEKING))).toBeNull()
    machine.pass(30_000)
    const early = clock.stamp(machine.monotonic)
    expect(early).toEqual({ at: 30_000, quality: 'unsynchronised', errorMs: UNKNOWN_ERROR_MS })
    const trueEarly = machine.truth
    machine.pass(90_000)
    machine.sync()
    const event = clock.observe(machine.look())
    expect(event).toMatchObject({ kind: 'shifted', shift: { sinceMs: 0, untilMs: 120_000, quality: 'ntp' } })
    if (event?.kind !== 'shifted') throw new Error('no shift')
    expect(early.at + event.shift.byMs).toBeCloseTo(trueEarly, 6)
    expect(clock.stamp(30_000)).toMatchObject({ at: trueEarly, quality: 'ntp' })
    expect(clock.errorMs(machine.monotonic)).toBeCloseTo(10.01)
  })

  it('says by chrony’s definition how far it may be off: offset, half the delay and the dispersion', () => {
    const machine = new SimulatedMachine()
    machine.sync()
    const clock = new ClockDiscipline(machine.look(), OPTIONS)
    clock.observe(machine.look(machine.report({ correctionMs: -40, errorMs: 7 })))
    expect(clock.errorMs(machine.monotonic)).toBeCloseTo(47.01)
  })

  it.each([HOUR, -HOUR])('takes no notice when somebody sets the wall clock by %i ms', (byMs) => {
    const { machine, clock } = held()
    machine.pass(32_000)
    machine.wallOffset += byMs
    expect(clock.observe(machine.look())).toEqual({ kind: 'doubted', byMs })
    for (let i = 0; i < 50; i++) {
      machine.pass(32_000)
      expect(clock.observe(machine.look())).toBeNull()
      expect(trueError(machine, clock)).toBeLessThan(1e-3)
    }
    expect(clock.quality(machine.monotonic)).toBe('holdover')
    // The daemon mends it.
    machine.sync()
    expect(clock.observe(machine.look())).toMatchObject({ kind: 'held' })
    expect(clock.quality(machine.monotonic)).toBe('ntp')
  })

  it('goes forward at once when a daemon that has just heard its reference says so', () => {
    const { machine, clock } = held()
    machine.pass(32_000)
    const before = clock.utc(machine.monotonic - 1)
    machine.truthOffset += HOUR
    machine.sync()
    expect(clock.observe(machine.look())).toEqual({ kind: 'jumped', byMs: HOUR })
    expect(trueError(machine, clock)).toBe(0)
    expect(clock.utc(machine.monotonic - 1)).toBe(before)
  })

  it('never goes back: it is led back slowly, in holdover, with an honest bound', () => {
    const { machine, clock } = held()
    const inOrder = watchOrder(clock)
    machine.pass(32_000)
    inOrder(machine)
    machine.truthOffset -= 60_000
    machine.sync()
    expect(clock.observe(machine.look())).toMatchObject({ kind: 'led-back', byMs: -60_000 })
    expect(clock.quality(machine.monotonic)).toBe('holdover')
    for (let t = 0; t < 6 * HOUR; t += 32_000) {
      machine.pass(32_000)
      if (t % 64_000 === 0) machine.sync()
      clock.observe(machine.look())
      expectHonest(machine, clock)
      inOrder(machine)
    }
    expect(trueError(machine, clock)).toBeLessThan(1)
    expect(clock.quality(machine.monotonic)).toBe('ntp')
  })

  it.each([
    ['inserted', -1_000],
    ['taken out', 1_000],
  ])('keeps order through a leap second %s, and finds the time again', (_, byMs) => {
    const { machine, clock } = held()
    const inOrder = watchOrder(clock)
    for (let i = 0; i < 200; i++) {
      machine.pass(32_000)
      if (i === 10) {
        machine.truthOffset += byMs
        machine.wallOffset += byMs
      }
      if (i % 2 === 1) machine.sync()
      clock.observe(machine.look())
      inOrder(machine)
      if (i >= 10) expectHonest(machine, clock)
      expect(clock.quality(machine.monotonic)).toBe('ntp')
    }
    expect(trueError(machine, clock)).toBeLessThan(1)
  })

  it.each([20, -20, 13])('says no less than its true error in 7 days without NTP at a drift of %i ppm', (driftPpm) => {
    const { machine, clock } = held()
    const inOrder = watchOrder(clock)
    machine.pass(3 * HOUR)
    machine.sync()
    clock.observe(machine.look())
    for (let t = 0; t < 7 * DAY; t += 10 * MINUTE) {
      machine.pass(10 * MINUTE, driftPpm)
      // chrony goes on answering, with an old reference.
      clock.observe(machine.look())
      expectHonest(machine, clock)
      if (t % HOUR === 0) inOrder(machine)
    }
    expect(clock.quality(machine.monotonic)).toBe('holdover')
    // 7 days at 21 ppm.
    expect(clock.errorMs(machine.monotonic)).toBeLessThan(13_000)
    machine.sync()
    const event = clock.observe(machine.look())
    expect(event?.kind).toBe(driftPpm < 0 ? 'jumped' : 'led-back')
    expectHonest(machine, clock)
  })

  it('says the same when the daemon has died, and of a frequency that nobody measured that it is worse', () => {
    const { machine, clock } = held()
    machine.pass(DAY, -20)
    clock.observe(machine.look(ABSENT))
    expectHonest(machine, clock)
    const fresh = new ClockDiscipline(machine.look(), OPTIONS)
    machine.sync()
    fresh.observe(machine.look(machine.report({ source: 'timesyncd', skewPpm: null })))
    machine.pass(HOUR, 119)
    expectHonest(machine, fresh)
  })

  it('assumes what a machine without a time daemon shows, with no bound at all', () => {
    const machine = new SimulatedMachine()
    const clock = new ClockDiscipline(machine.look(ABSENT), OPTIONS)
    clock.observe(machine.look(ABSENT))
    expect(clock.stamp(0)).toEqual({ at: BOOT, quality: 'holdover', errorMs: UNKNOWN_ERROR_MS })
    machine.wallOffset += HOUR
    machine.pass(32_000)
    expect(clock.observe(machine.look(ABSENT))).toBeNull()
    expect(trueError(machine, clock)).toBe(0)
  })

  it('takes the first possible time of a machine that showed none, though nobody vouches for it', () => {
    const machine = new SimulatedMachine(0)
    const clock = new ClockDiscipline(machine.look(ABSENT), OPTIONS)
    clock.observe(machine.look(ABSENT))
    expect(clock.isUnset).toBe(true)
    machine.pass(5_000)
    machine.wallOffset = machine.truthOffset
    expect(clock.observe(machine.look(ABSENT))).toMatchObject({ kind: 'shifted', shift: { quality: 'holdover' } })
    expect(clock.stamp(machine.monotonic)).toMatchObject({ at: machine.truth, errorMs: UNKNOWN_ERROR_MS })
    // The daemon comes at last.
    machine.pass(5_000)
    machine.truthOffset += 700
    machine.sync()
    expect(clock.observe(machine.look())).toMatchObject({ kind: 'shifted', shift: { byMs: 700, quality: 'ntp' } })
  })

  it('believes a daemon that leaves the clock alone by what it says is wrong with it', () => {
    const machine = new SimulatedMachine(BOOT - 6 * HOUR)
    const report = () => machine.report({ correctionMs: 6 * HOUR, referenceAgeMs: 2_000 })
    const clock = new ClockDiscipline(machine.look(report()), OPTIONS)
    expect(clock.observe(machine.look(report()))).toBeNull()
    expect(clock.isUnset).toBe(true)
    machine.pass(4_000)
    expect(clock.observe(machine.look(report()))).toMatchObject({ kind: 'shifted', shift: { byMs: 6 * HOUR } })
    expect(clock.errorMs(machine.monotonic)).toBeLessThan(11)
    for (let i = 0; i < 5; i++) {
      machine.pass(32_000)
      expect(clock.observe(machine.look(report()))).toBeNull()
      expect(trueError(machine, clock)).toBeLessThan(1e-3)
    }
  })

  it('waits while a daemon is mending a large error, and for a reference that is in the future', () => {
    const machine = new SimulatedMachine(BOOT)
    machine.sync()
    const clock = new ClockDiscipline(machine.look(SEEKING), OPTIONS)
    for (const correctionMs of [9_000, 6_000, 3_000]) {
      machine.pass(4_000)
      expect(clock.observe(machine.look(machine.report({ correctionMs })))).toBeNull()
      expect(clock.quality(machine.monotonic)).toBe('unsynchronised')
    }
    machine.pass(4_000)
    expect(clock.observe(machine.look(machine.report({ referenceAgeMs: -HOUR })))).toBeNull()
    machine.pass(4_000)
    expect(clock.observe(machine.look(machine.report({ correctionMs: 200 })))?.kind).toBe('shifted')
    expect(clock.errorMs(machine.monotonic)).toBeGreaterThan(200)
  })

  it('goes on with the wrong time of an earlier process, so that both are moved as one', () => {
    const machine = new SimulatedMachine(0)
    machine.pass(10_000)
    // Set by hand meanwhile; nobody vouches.
    machine.wallOffset = 5_000
    const remembered = { offsetMs: 0, isKnown: false, ageMs: 10_000 }
    const clock = new ClockDiscipline(machine.look(SEEKING), OPTIONS, remembered)
    clock.observe(machine.look(SEEKING))
    expect(clock.utc(machine.monotonic)).toBe(10_000)
    machine.sync()
    expect(clock.observe(machine.look())).toMatchObject({ shift: { sinceMs: 0, untilMs: 10_000, byMs: BOOT } })
  })

  it('holds the time of an earlier process against a clock that was set before it was restarted', () => {
    const { machine } = held()
    machine.pass(HOUR)
    machine.wallOffset += HOUR
    const remembered = { offsetMs: machine.truthOffset, isKnown: true, ageMs: HOUR }
    const clock = new ClockDiscipline(machine.look(), OPTIONS, remembered)
    clock.observe(machine.look())
    expect(trueError(machine, clock)).toBe(0)
    expect(clock.quality(machine.monotonic)).toBe('holdover')
    expect(clock.errorMs(machine.monotonic)).toBeGreaterThanOrEqual(JUMP_MS)
  })
})
