// What 148 camera probes and 8 meters cost a gateway while nothing changes, beside the same gateway without them: keepalives
// each minute over UDP, questions each five minutes, four meters of DL/T 645 polled on one bus and four of Modbus on
// another, each second or as fast as the bus allows. The gateways run one after the other.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CAMERAS, cameraDevices, PASSWORD, PLATFORM } from '../test/support/mine-cameras.ts'
import { freePort, measureGateway, type Run, type Sensor } from './gateway-process.ts'
import { BAUD, DLT645_ADDRESSES, MODBUS_UNITS } from './meters-site.ts'
import { type BenchRow, costRow } from './row.ts'

/** A cabinet whose board is not there: a gateway has to have a sensor. */
const CABINET: Sensor = { id: 'cabinet-1', kind: 'enclosure' }
const cabinet = (dir: string) => ({ kind: 'board', id: CABINET.id, ports: [join(dir, 'ttyACM0')], door: { pin: 4 } })

const dlt645 = DLT645_ADDRESSES.map((address, i) => ({
  id: `meter-${i}`,
  protocol: 'dlt645',
  address,
  measuresAt: 'line',
  relayKind: 'internal',
}))
const modbus = MODBUS_UNITS.map((unit) => ({ id: `modbus-${unit}`, unit, profile: 'sdm630' }))
const SENSORS: readonly Sensor[] = [
  CABINET,
  ...[...dlt645, ...modbus].map(({ id }) => ({ id, kind: 'power-meter' })),
  ...CAMERAS.flatMap(({ probes }) => probes.map(({ id }) => ({ id, kind: 'camera-probe' }))),
]

async function metersAndProbes(dir: string, run: Run): Promise<readonly object[]> {
  const sipPort = await freePort()
  const passwordFile = join(dir, 'camera-password')
  writeFileSync(passwordFile, PASSWORD)
  const [bus0, bus1] = [join(dir, 'bus-0'), join(dir, 'bus-1')]
  run(['bench/meters-peers.ts', bus0, bus1, String(sipPort)])
  return [
    cabinet(dir),
    { kind: 'meter-bus', ports: [bus0], baudRate: BAUD, meters: dlt645 },
    { kind: 'modbus', transport: { kind: 'rtu', ports: [bus1], baudRate: BAUD }, meters: modbus },
    { kind: 'gb28181', bind: '127.0.0.1', port: sipPort, platform: PLATFORM, passwordFile, devices: cameraDevices },
  ]
}

export async function bench(): Promise<BenchRow[]> {
  const { ours: idle } = await measureGateway([CABINET], (dir) => [cabinet(dir)])
  const { ours } = await measureGateway(SENSORS, metersAndProbes)
  const percent = (share: number) => share * 100
  return [
    costRow('148 probes, 8 meters: resident memory', ours.rssMiB, idle.rssMiB, 'MiB'),
    costRow('148 probes, 8 meters: anonymous memory', ours.anonymousMiB, idle.anonymousMiB, 'MiB'),
    costRow('148 probes, 8 meters: CPU', percent(ours.cpuShare), percent(idle.cpuShare) || null, '% of a core'),
    costRow('above the idle gateway: resident memory', ours.rssMiB - idle.rssMiB, null, 'MiB, at most 60'),
    costRow('above the idle gateway: CPU', percent(ours.cpuShare - idle.cpuShare), null, '% of a core, at most 10'),
  ]
}
