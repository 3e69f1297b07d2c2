import type { Act, MachineAct, RoundAct } from '@minewarden/hardware/sim/act.ts'
import type { EventFinding } from '@minewarden/protocol/finding.ts'
import { describe, expect, it } from 'vitest'
import { judgeAll, NIGHT, siteOf } from '../support/detection.ts'
import { readingsOfActs } from '../support/simulated-ground.ts'

/** Long enough after the start that background and machines before the round are learnt. */
const ROUND_S = 240
const TOLD_WITHIN_MS = 15_000

const round = (changes: Partial<RoundAct> = {}): RoundAct => ({
  kind: 'round',
  atS: ROUND_S,
  distanceM: 110,
  holes: 6,
  delayMs: 25,
  chargeKg: 0.8,
  where: 'underground',
  ...changes,
})
const HALF_SECONDS = { holes: 8, delayMs: 500 }

const machine = (name: MachineAct['machine'], afterRoundS: number): MachineAct => ({
  kind: 'machine',
  machine: name,
  fromS: ROUND_S + afterRoundS,
  forS: 3600,
  distanceM: 125,
})

/** What is told of a site in the seven minutes around, by ground alone or with the microphone. */
function blastsOf(acts: readonly Act[], seed: number, microphone = true): EventFinding[] {
  const readings = readingsOfActs(acts, NIGHT, ROUND_S + 60, seed)
  const heard = readings.filter((r) => microphone || (r.kind !== 'air' && r.kind !== 'airEvent'))
  return judgeAll(siteOf(), heard).filter((f): f is EventFinding => f.kind === 'event' && f.class === 'blast')
}

const CASES: readonly (readonly [string, Act[]])[] = [
  ['alone', [round()]],
  ['with a crusher that starts a second later', [round(), machine('jaw-crusher', 1)]],
  ['with a crusher that starts ten seconds later', [round(), machine('jaw-crusher', 10)]],
  ['with a drill that starts four seconds later', [round(), machine('rock-drill', 4)]],
  ['beside a crusher that has long run', [round(), machine('jaw-crusher', -150)]],
  ['beside a drill that has long run', [round(), machine('rock-drill', -150)]],
  ['of half-second delays', [round(HALF_SECONDS)]],
  ['of half-second delays, with a crusher after six seconds', [round(HALF_SECONDS), machine('jaw-crusher', 6)]],
  ['of second delays', [round({ holes: 5, delayMs: 1000 })]],
]

describe('a round near by', () => {
  it.each(CASES)('%s is one blast, told within fifteen seconds of its onset', (_, acts) => {
    for (const seed of [1, 2]) {
      const blasts = blastsOf(acts, seed)
      expect(blasts.map((b) => Math.round((b.onset - NIGHT) / 1000))).toEqual([ROUND_S])
      expect(blasts[0]!.at - blasts[0]!.onset).toBeLessThanOrEqual(TOLD_WITHIN_MS)
    }
  })

  it('fired five seconds after a drill began is told no later, whatever the drill was', () => {
    const [blast, ...others] = blastsOf([machine('rock-drill', -5), round()], 1)
    expect(others).toEqual([])
    expect(blast!.at - blast!.onset).toBeLessThanOrEqual(TOLD_WITHIN_MS)
  })

  it('is found without a microphone, too', () => {
    const [blast] = blastsOf([round(), machine('jaw-crusher', -150)], 1, false)
    expect(blast!.at - blast!.onset).toBeLessThanOrEqual(TOLD_WITHIN_MS)
    expect(blast!.because.map((r) => r.code)).not.toContain('air-wave')
  })

  it.each([110, 250, 500])('at %i m is as far as its air wave says', (distanceM) => {
    const [blast] = blastsOf([round({ distanceM })], 1)
    const air = blast!.because.find((r) => r.code === 'air-wave')
    expect(Number(air?.values.distanceM) / distanceM).toBeGreaterThan(0.8)
    expect(Number(air?.values.distanceM) / distanceM).toBeLessThan(1.2)
  })
})

describe('machines by themselves', () => {
  it.each(['jaw-crusher', 'rock-drill', 'belt-conveyor'] as const)('a %s that runs is told as machinery', (name) => {
    const readings = readingsOfActs([machine(name, -150)], NIGHT, ROUND_S + 140, 2)
    // Where a pump is registered, a motor of its speed would be the pump.
    const told = judgeAll(siteOf({ expectedLoads: [] }), readings).flatMap((f) => (f.kind === 'event' ? [f.class] : []))
    expect(told).toContain('machinery')
    expect(told).not.toContain('digging')
  })

  it.each(['jaw-crusher', 'rock-drill', 'belt-conveyor'] as const)('a %s that starts is no blast', (name) => {
    expect(blastsOf([machine(name, -100)], 1)).toEqual([])
  })
})
