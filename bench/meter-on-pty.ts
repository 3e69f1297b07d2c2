// A child of the Modbus bench: a meter on a pseudo-terminal that answers at once. node bench/meter-on-pty.ts LINK dlt645|modbus
import { SimulatedDlt645Meter } from '@minewarden/hardware/sim/meters/dlt645-meter.ts'
import { SimulatedModbusMeter } from '@minewarden/hardware/sim/meters/modbus-meter.ts'
import { plugIn } from '../test/support/pty.ts'
import { DLT645_ADDRESSES, MODBUS_UNITS } from './meters-site.ts'

const truth = () => ({
  voltageV: [220, 221, 222] as const,
  currentA: [2, 2.1, 2.2] as const,
  activePowerW: 1_300,
  reactivePowerVar: 300,
  activeEnergyWh: 100_000,
})
const common = { truth, delayMs: () => 0 }
const [link = '', kind] = process.argv.slice(2)
const meter =
  kind === 'modbus'
    ? new SimulatedModbusMeter({ unit: MODBUS_UNITS[0], ...common })
    : new SimulatedDlt645Meter({ address: DLT645_ADDRESSES[0], localMs: Date.now, ...common })
const cable = await plugIn(link, (bytes) => {
  for (const answer of meter.hear(Uint8Array.from(bytes), performance.now())) cable.send(answer.bytes)
})
console.log('ready')
