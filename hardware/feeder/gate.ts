import type { PowerReading } from '../contract.ts'
import type { HardwareError } from '../errors.ts'
import type { FeederClient } from './client.ts'
import type { FeederState } from './messages.ts'

export interface FeederOfSite {
  readonly client: Pick<FeederClient, 'watch'>
  readonly feeder: string
  /** There is no such feeder: readings pass for ever, which someone should be told. */
  readonly onRefused?: (error: HardwareError) => void
}

/**
 * Whether a feeder carries power, as last heard. Before anything was heard it counts as closed, and while the
 * simulator cannot be reached its last position holds: an outage of the simulator is not an outage of the supply.
 */
export function createSupply({ client, feeder, onRefused }: FeederOfSite): () => boolean {
  let closed = true
  const onState = (state: FeederState) => {
    closed = state.position === 'closed'
  }
  client.watch(feeder, onState, onRefused)
  return () => closed
}

/**
 * Lets a feeder decide what a site's meter reads. While it is closed, readings pass untouched. While it is open, the
 * load side reads 0 W, 0 A, 0 V and the energy stands still. From the first opening on every reading says that it is
 * `simulated`, and after a re-closing the energy goes on from where it stood: what a recorded meter counted behind an
 * open feeder was never delivered. What the meter does not know stays unknown.
 */
export function createMeterGate(deps: FeederOfSite): (reading: PowerReading) => PowerReading {
  const supplied = createSupply(deps)
  let touched = false
  let deliveredWh: number | null = null
  let undeliveredWh = 0

  return (reading) => {
    if (!supplied()) {
      touched = true
      deliveredWh ??= reading.activeEnergyWh
      if (reading.activeEnergyWh !== null && deliveredWh !== null) undeliveredWh = reading.activeEnergyWh - deliveredWh
      return dead(reading, deliveredWh)
    }
    if (!touched) {
      deliveredWh = reading.activeEnergyWh ?? deliveredWh
      return reading
    }
    if (reading.activeEnergyWh !== null) deliveredWh = reading.activeEnergyWh - undeliveredWh
    return { ...reading, activeEnergyWh: reading.activeEnergyWh === null ? null : deliveredWh, simulated: true }
  }
}

type Phases = PowerReading['voltageV']

const dead = (reading: PowerReading, activeEnergyWh: number | null): PowerReading => ({
  ...reading,
  activePowerW: reading.activePowerW === null ? null : 0,
  reactivePowerVar: reading.reactivePowerVar === null ? null : 0,
  voltageV: deadPhases(reading.voltageV),
  currentA: deadPhases(reading.currentA),
  activeEnergyWh,
  simulated: true,
})

const deadPhases = ([a, b, c]: Phases): Phases => [deadPhase(a), deadPhase(b), deadPhase(c)]
const deadPhase = (value: number | null): number | null => (value === null ? null : 0)
