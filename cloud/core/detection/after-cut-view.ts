/** All facts of after a cut that the tracked state of one site supports at a moment, the surest first. */
import { type Activity, machineryAt } from './activity.ts'
import {
  type AfterCutFact,
  borrowedSupplyFact,
  type CutView,
  generatorFact,
  reSupplyFact,
  type SupplyView,
  selfReconnectionFact,
} from './after-cut.ts'
import { type MachineState, runningSources } from './machine/machine-evidence.ts'
import type { Coincidence } from './power/coincidence.ts'
import { type PowerMeterState, supplyOf } from './power-evidence.ts'

export interface AfterCutView {
  readonly activities: readonly Activity[]
  readonly machines: readonly MachineState[]
  readonly meters: readonly PowerMeterState[]
  /** A verified cut of this site's supply; absent: none is in force, and voltage is no self-reconnection. */
  readonly cut?: CutView | null
  /** Neighbours' meters, each with what was counted of it and this site's machines. */
  readonly neighbours?: readonly { readonly name: string; readonly together: Coincidence }[]
}

type Supply = SupplyView & { readonly loadW: number | null }

export function afterCutFacts(view: AfterCutView, nowMs: number): AfterCutFact[] {
  const supply = wholeSupply(view.meters, nowMs)
  const sources = view.machines.flatMap((machine) => runningSources(machine, nowMs))
  const machinery = view.activities.map((activity) => machineryAt(activity, nowMs))
  const facts = [
    generatorFact(sources, supply, nowMs),
    ...machinery.map((spell) => borrowedSupplyFact(spell, sources, supply)),
    view.cut ? selfReconnectionFact(view.cut, supply, nowMs) : null,
    ...(view.neighbours ?? []).map(({ name, together }) => reSupplyFact(name, together, supply)),
  ].filter((fact) => fact !== null)
  return surestOfEach(facts)
}

/** Over all meters: powered if one is; silent only while all that tell are. */
export function wholeSupply(meters: readonly PowerMeterState[], nowMs: number): Supply {
  const known = meters.map((meter) => supplyOf(meter, nowMs)).filter(({ powered }) => powered !== null)
  const first = known[0]
  if (!first) return { powered: null, sinceMs: nowMs, unexplainedW: 0, silentSinceMs: null, loadW: null }
  const powered = known.some((supply) => supply.powered === true)
  const same = known.filter((supply) => supply.powered === powered)
  const silent = known.every((supply) => supply.powered === false || supply.silentSinceMs !== null)
  return {
    powered,
    // One meter that has voltage is enough; that none has is known since the last lost it.
    sinceMs: powered ? Math.min(...same.map((s) => s.sinceMs)) : Math.max(...same.map((s) => s.sinceMs)),
    unexplainedW: known.reduce((sum, supply) => sum + supply.unexplainedW, 0),
    silentSinceMs: silent ? Math.max(...known.map((s) => s.silentSinceMs ?? s.sinceMs)) : null,
    loadW: known.reduce<number | null>((sum, { loadW }) => (loadW === null ? sum : (sum ?? 0) + loadW), null),
  }
}

function surestOfEach(facts: readonly AfterCutFact[]): AfterCutFact[] {
  const sorted = [...facts].sort((a, b) => b.confidence - a.confidence)
  return sorted.filter((fact, i) => {
    const isSame = (other: AfterCutFact) =>
      other.fact === fact.fact && other.values['neighbour'] === fact.values['neighbour']
    return sorted.findIndex(isSame) === i
  })
}
