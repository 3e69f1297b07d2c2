import type { PowerReading } from '@minewarden/hardware/contract.ts'
import { createMeterGate } from '@minewarden/hardware/feeder/gate.ts'
import type { FeederState } from '@minewarden/hardware/feeder/messages.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { rig } from './support.ts'

const reading = (activeEnergyWh: number | null): PowerReading => ({
  kind: 'power',
  at: instant(1_000),
  activePowerW: 7_500,
  reactivePowerVar: 5_000,
  voltageV: [230, 231, null],
  currentA: [11, 11, null],
  activeEnergyWh,
  simulated: false,
  clock: 'ntp',
})

function gate() {
  let tell: (state: FeederState) => void = () => undefined
  const pass = createMeterGate({
    feeder: 'f-1',
    client: {
      watch: (_, listener) => {
        tell = listener
        return () => undefined
      },
    },
  })
  const move = (position: 'open' | 'closed') =>
    tell({ feeder: 'f-1', position, changedAt: 0, reference: 'r', operations: 1, closePermitted: false })
  return { pass, move }
}

describe('the meter gate', () => {
  it('leaves readings untouched while the feeder is closed, or was never heard of', () => {
    const { pass, move } = gate()
    const recorded = reading(100)
    expect(pass(recorded)).toBe(recorded)
    move('closed')
    expect(pass(recorded)).toBe(recorded)
  })

  it('reads nothing on the load side while it is open, and the energy stands still', () => {
    const { pass, move } = gate()
    pass(reading(100))
    move('open')
    expect(pass(reading(140))).toEqual({
      ...reading(100),
      activePowerW: 0,
      reactivePowerVar: 0,
      voltageV: [0, 0, null],
      currentA: [0, 0, null],
      simulated: true,
    })
  })

  it('makes no zero of a power that the meter could not read', () => {
    const { pass, move } = gate()
    move('open')
    expect(pass({ ...reading(100), activePowerW: null }).activePowerW).toBeNull()
  })

  it('goes on counting from where the energy stood, and marks every reading after the first opening', () => {
    const { pass, move } = gate()
    pass(reading(100))
    move('open')
    pass(reading(140))
    pass(reading(null))
    move('closed')
    expect(pass(reading(150))).toEqual({ ...reading(110), simulated: true })
    expect(pass(reading(null)).activeEnergyWh).toBeNull()
    move('open')
    expect(pass(reading(200)).activeEnergyWh).toBe(110)
    move('closed')
    expect(pass(reading(201)).activeEnergyWh).toBe(111)
  })

  it('of a gateway that starts behind an open feeder freezes the first energy it sees', () => {
    const { pass, move } = gate()
    move('open')
    expect(pass(reading(500)).activeEnergyWh).toBe(500)
    expect(pass(reading(600)).activeEnergyWh).toBe(500)
  })

  it('holds the last known position when the simulator is gone', async () => {
    await using site = await rig()
    const pass = createMeterGate({ client: site.client, feeder: 'f-1' })
    const command = { feeder: 'f-1', action: 'open', reference: 'r' } as const
    await site.client.select(command)
    await site.client.operate(command)
    expect(pass(reading(1)).activePowerW).toBe(0)
    await site.server[Symbol.asyncDispose]()
    expect(pass(reading(2)).activePowerW).toBe(0)
  })
})
