import { createActivity, stepActivity } from '@minewarden/cloud/core/detection/activity.ts'
import {
  type AfterCutFact,
  borrowedSupplyFact,
  generatorFact,
  reSupplyFact,
  type SupplyView,
  selfReconnectionFact,
} from '@minewarden/cloud/core/detection/after-cut.ts'
import { afterCutFacts } from '@minewarden/cloud/core/detection/after-cut-view.ts'
import {
  createMachineState,
  runningSources,
  stepMachine,
} from '@minewarden/cloud/core/detection/machine/machine-evidence.ts'
import { createCoincidence, stepCoincidence } from '@minewarden/cloud/core/detection/power/coincidence.ts'
import { createPowerMeter, stepPower } from '@minewarden/cloud/core/detection/power-evidence.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { power } from '../../../support/detection.ts'
import { createRandom, START } from '../../../support/ground.ts'
import { addTurning, hunting, measured, night } from '../../../support/machine-ground.ts'

const MINUTE = 60_000
const CUT: SupplyView = { powered: false, sinceMs: START, unexplainedW: 0, silentSinceMs: START }
const SILENT: SupplyView = { powered: true, sinceMs: START - 10 * MINUTE, unexplainedW: 0, silentSinceMs: START }
const WORKING: SupplyView = { powered: true, sinceMs: START - 10 * MINUTE, unexplainedW: 15_000, silentSinceMs: null }
const UNKNOWN: SupplyView = { powered: null, sinceMs: 0, unexplainedW: 0, silentSinceMs: null }

const ENGINE = night(600, 200)
addTurning(ENGINE, 200, { fromS: 60, toS: 600, hz: hunting(25.2, 0.005), amplitude: 6e-7 })
const MOTOR = night(600, 200)
addTurning(MOTOR, 200, { fromS: 60, toS: 600, hz: () => 24.7, amplitude: 6e-7 })

function sourcesOf(wave: Float64Array) {
  const state = createMachineState(START - 86_400_000)
  for (const r of measured(wave, 200)) if (r.kind === 'machineLine') stepMachine(state, r)
  return runningSources(state, START + 595_000)
}
const NOW = START + 595_000
const sure = (fact: AfterCutFact | null) => fact?.confidence ?? 0

describe('a generator after the cut', () => {
  it('is an engine that goes on, not a motor', () => {
    expect(sure(generatorFact(sourcesOf(ENGINE), CUT, NOW))).toBeGreaterThan(0.65)
    expect(sure(generatorFact(sourcesOf(MOTOR), CUT, NOW))).toBe(0)
  })

  it('is less sure while the meter is merely silent, and least where no meter tells', () => {
    const cut = sure(generatorFact(sourcesOf(ENGINE), CUT, NOW))
    const silent = sure(generatorFact(sourcesOf(ENGINE), SILENT, NOW))
    const unknown = sure(generatorFact(sourcesOf(ENGINE), UNKNOWN, NOW))
    expect(cut).toBeGreaterThan(silent)
    expect(silent).toBeGreaterThan(unknown)
    expect(unknown).toBeGreaterThan(0.2)
  })

  it('is nothing beside a load that explains the machine', () => {
    expect(generatorFact(sourcesOf(ENGINE), WORKING, NOW)).toBeNull()
  })

  it('says since when, how fast and how much it wanders', () => {
    const fact = generatorFact(sourcesOf(ENGINE), CUT, NOW)!
    expect(Math.abs(fact.sinceMs - (START + 60_000))).toBeLessThan(15_000)
    expect(fact.values['hz']).toBeCloseTo(25.2, 0)
    expect(fact.values['wanderPercent'] as number).toBeGreaterThan(0.15)
  })
})

describe('borrowed supply', () => {
  const near = { minutes: 8, sinceMs: START + MINUTE, lastMs: START + 10 * MINUTE, near: 0.9 }

  it('is machines that run through the silence of a meter that works', () => {
    expect(sure(borrowedSupplyFact(near, [], SILENT))).toBeGreaterThan(0.7)
    expect(sure(borrowedSupplyFact(near, [], CUT))).toBeGreaterThan(0.7)
  })

  it('is nothing without machines, without a meter, beside a load, or of machines that the silence ended', () => {
    expect(borrowedSupplyFact({ ...near, minutes: 0 }, [], SILENT)).toBeNull()
    expect(borrowedSupplyFact(near, [], UNKNOWN)).toBeNull()
    expect(borrowedSupplyFact(near, [], WORKING)).toBeNull()
    expect(borrowedSupplyFact(near, [], { ...SILENT, silentSinceMs: START + 10 * MINUTE })).toBeNull()
  })

  it('is weak of machines that may stand far away, and of those that an engine drives', () => {
    expect(sure(borrowedSupplyFact({ ...near, near: 0.15 }, [], SILENT))).toBe(0)
    expect(sure(borrowedSupplyFact(near, sourcesOf(ENGINE), CUT))).toBeLessThan(0.5)
  })
})

describe('self-reconnection', () => {
  const back = { powered: true, sinceMs: START + 60 * MINUTE, unexplainedW: 0, silentSinceMs: START, loadW: null }
  const cut = { verifiedMs: START, restoredMs: null, measuresAt: 'load' as const }
  const now = START + 61 * MINUTE

  it('is voltage that returns on the load side', () => {
    expect(sure(selfReconnectionFact(cut, back, now))).toBeGreaterThan(0.9)
  })

  it('on the line side voltage says nothing, load does', () => {
    const line = { ...cut, measuresAt: 'line' as const }
    expect(selfReconnectionFact(line, back, now)).toBeNull()
    expect(sure(selfReconnectionFact(line, { ...back, loadW: 4000 }, now))).toBeGreaterThan(0.9)
  })

  it('is nothing once an order gave the power back, or while it is off', () => {
    expect(selfReconnectionFact({ ...cut, restoredMs: START + 50 * MINUTE }, back, now)).toBeNull()
    expect(selfReconnectionFact(cut, { ...back, powered: false }, now)).toBeNull()
  })

  it('voltage that was never away is no return', () => {
    expect(selfReconnectionFact(cut, { ...back, sinceMs: START - MINUTE }, now)).toBeNull()
  })
})

describe('re-supply by a neighbour', () => {
  /** Three hours of machines by bouts of some minutes, beside a neighbour's load. */
  function together(loadW: (machines: boolean, minute: number, random: () => number) => number) {
    const state = createCoincidence()
    const random = createRandom(5)
    let machines = false
    for (let second = 0; second < 3 * 3600; second += 5) {
      if (random() < 5 / 180) machines = !machines
      stepCoincidence(state, { nowMs: START + 1000 * second, machines, loadW: loadW(machines, second / 60, random) })
    }
    return state
  }

  it('his load that rises with the machines is told, with its starts', () => {
    const fact = reSupplyFact(
      'mill',
      together((on) => 3000 + (on ? 14_000 : 0)),
      SILENT,
    )!
    expect(fact.confidence).toBeGreaterThan(0.8)
    expect(fact.values['neighbour']).toBe('mill')
    expect(fact.values['starts'] as number).toBeGreaterThan(3)
  })

  it('a load of his own rhythm is not, nor one that is always on', () => {
    expect(
      reSupplyFact(
        'mill',
        together((_, minute) => (minute % 9 < 4 ? 15_000 : 2000)),
        SILENT,
      ),
    ).toBeNull()
    expect(
      reSupplyFact(
        'mill',
        together(() => 15_000),
        SILENT,
      ),
    ).toBeNull()
  })

  it('needs minutes of both, on and off', () => {
    const state = createCoincidence()
    for (let i = 0; i < 24; i++)
      stepCoincidence(state, { nowMs: START + 5000 * i, machines: i > 12, loadW: i > 12 ? 9000 : 0 })
    expect(reSupplyFact('mill', state, SILENT)).toBeNull()
  })
})

describe('all facts of a site', () => {
  it('a cut after which an engine takes over: the gateway and the meter together say generator', () => {
    const wave = night(900, 200)
    addTurning(wave, 200, { fromS: 100, toS: 900, hz: hunting(25.2, 0.005), amplitude: 8e-7, multiples: [1, 0.6, 0.3] })
    const activity = createActivity()
    const machine = createMachineState(START)
    const meter = createPowerMeter()
    const readings: Reading[] = [...measured(wave, 200)]
    for (let s = 1; s < 900; s++) readings.push(power(START + 1000 * s, s < 90 ? 150 : 0, { volts: s < 90 ? 230 : 0 }))
    readings.sort((a, b) => a.measuredAt - b.measuredAt)
    for (const r of readings) {
      if (r.kind === 'vibration') stepActivity(activity, r)
      else if (r.kind === 'machineLine') stepMachine(machine, r)
      else if (r.kind === 'power') stepPower(meter, r, [])
    }
    const facts = afterCutFacts({ activities: [activity], machines: [machine], meters: [meter] }, START + 895_000)
    expect(facts[0]).toMatchObject({ fact: 'generator' })
    expect(facts[0]!.confidence).toBeGreaterThan(0.6)
    expect(facts.filter((fact) => fact.fact === 'generator')).toHaveLength(1)
  })

  it('a sealed site in the quiet has none', () => {
    expect(
      afterCutFacts(
        { activities: [createActivity()], machines: [createMachineState()], meters: [createPowerMeter()] },
        NOW,
      ),
    ).toEqual([])
  })
})
