// A child of the meters' bench: eight meters on two pseudo-terminals and the cameras of a township, none of which changes.
// node bench/meters-peers.ts DLT645_LINK MODBUS_LINK SIP_PORT
import { SimulatedCamera } from '@minewarden/hardware/sim/gb28181/camera.ts'
import { udpWire } from '@minewarden/hardware/sim/gb28181/wire.ts'
import { SimulatedDlt645Meter } from '@minewarden/hardware/sim/meters/dlt645-meter.ts'
import { SimulatedModbusMeter } from '@minewarden/hardware/sim/meters/modbus-meter.ts'
import { realClock } from '../test/hardware/modbus/real-clock.ts'
import { MeterCable } from '../test/support/meter-cable.ts'
import { CAMERAS, PASSWORD, PLATFORM, REALM } from '../test/support/mine-cameras.ts'
import { BAUD, DLT645_ADDRESSES, MODBUS_UNITS } from './meters-site.ts'

const KEEPALIVE_MS = 60_000
const [dlt645Link = '', modbusLink = '', sipPort = ''] = process.argv.slice(2)

const truth = () => ({
  voltageV: [220, 221, 222] as const,
  currentA: [2, 2.1, 2.2] as const,
  activePowerW: 1_300,
  reactivePowerVar: 300,
  activeEnergyWh: 100_000,
})
const common = { truth, delayMs: () => 30, localMs: () => Date.now() + 8 * 3_600_000 }
const bus = { clock: realClock, random: Math.random, baudRate: BAUD }
const dlt645 = DLT645_ADDRESSES.map((address) => new SimulatedDlt645Meter({ address, ...common }))
const modbus = MODBUS_UNITS.map((unit) => new SimulatedModbusMeter({ unit, ...common }))
await new MeterCable(dlt645Link, { ...bus, devices: dlt645 }).plug()
await new MeterCable(modbusLink, { ...bus, devices: modbus }).plug()

const cameras: SimulatedCamera[] = []
for (const [i, { id, probes }] of CAMERAS.entries()) {
  const wire = await udpWire(Number(sipPort), '127.0.0.1', `127.0.0.${2 + i}`)
  const channels = probes.map(({ channel }) => channel)
  const options = { id, channels, platform: PLATFORM, realm: REALM, password: PASSWORD, keepaliveMs: KEEPALIVE_MS }
  const camera = new SimulatedCamera({ wire, now: Date.now }, options)
  camera.boot(5_000 + i * 50)
  cameras.push(camera)
}
setInterval(() => {
  for (const camera of cameras) camera.tick()
}, 250)
