import type { MachineAct } from './act.ts'
import { MACHINES, type Machine } from './machines.ts'
import { createRandom } from './random.ts'
import type { Occurrence } from './timeline.ts'

export const machineOf = (act: MachineAct): Machine => MACHINES[act.machine]

/**
 * The share of full load at which a machine runs at a time: what its meter and its shaking agree on.
 * Depends on nothing but the time, so that every sensor can ask.
 */
export function createLoad(seed: number, occurrence: Occurrence, machine: Machine): (atMs: number) => number {
  const random = createRandom(seed, 'load', occurrence.key)
  const { mean, swing, periodS } = machine.load
  const swings = [1, 2.7, 7.3].map((ratio) => ({
    turnsPerMs: (2 * Math.PI * ratio * random.between(0.9, 1.1)) / (periodS * 1000),
    turn: random.between(0, 2 * Math.PI),
  }))
  return (atMs) => {
    const sum = swings.reduce((total, one) => total + Math.sin(atMs * one.turnsPerMs + one.turn), 0)
    const loaded = mean + (swing * sum) / 1.5
    return loaded * cycleShare(machine, atMs - occurrence.fromMs)
  }
}

function cycleShare({ cycle }: Machine, sinceMs: number): number {
  if (!cycle) return 1
  const periodMs = (cycle.loadedS + cycle.unloadedS) * 1000
  return sinceMs % periodMs < cycle.loadedS * 1000 ? 1 : cycle.idle
}
