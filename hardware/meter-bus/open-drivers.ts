import type { Clock } from '@minewarden/protocol/time.ts'
import { singleQuestion } from '../dlt645/quantity-questions.ts'
import { addressQuestion as address645 } from '../dlt645/questions.ts'
import { addressQuestion as address698, getQuestion } from '../dlt698/meter.ts'
import type { ByteLine } from '../line/contract.ts'
import { serialOpener } from '../line/serial-opener.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { MeterBus } from './driver.ts'
import { FIRST_TIMEOUT_MS } from './learnt-delay.ts'
import { BusMaster } from './master.ts'
import type { MeterBusOptions, MeterOptions } from './options.ts'
import type { Question } from './question.ts'

/** Opens the meters of a bus; nothing is opened before one is read. */
export async function openMeterBusDrivers(config: MeterBusOptions, deps: DriverDeps): Promise<OpenedDriver[]> {
  const isOnePort = config.ports.length === 1 && !/[*[]/.test(config.ports[0] ?? '')
  const opener = serialOpener(
    {
      places: { paths: config.ports },
      settings: { baudRate: config.baudRate, dataBits: 8, parity: 'even', stopBits: 1 },
      recogniseLimitMs: 1_000 + 1_500 * config.meters.length,
      ...(isOnePort ? {} : { recognise: (line) => recogniseBus(line, config, deps.clock) }),
    },
    deps,
  )
  const { clock, random } = deps
  return new MeterBus({ clock, random, ...opener }, config).drivers.map((driver) => ({ driver, speed: 1 }))
}

/** Whether one of the meters answers, with whatever. */
async function recogniseBus(line: ByteLine, config: MeterBusOptions, clock: Clock): Promise<boolean> {
  const master = new BusMaster({ line, clock, baudRate: config.baudRate })
  void master.run()
  for (const meter of config.meters) {
    const exchange = await master.exchange(firstQuestion(meter), FIRST_TIMEOUT_MS)
    if (['answer', 'refused', 'nonsense', 'old-protocol'].includes(exchange.kind)) return true
  }
  return false
}

function firstQuestion({ protocol, address }: MeterOptions): Question<unknown> {
  if (protocol === 'dlt645') return address === 'read' ? address645() : singleQuestion(address, 'forwardActiveEnergy')
  return address === 'read' ? address698() : getQuestion(address, ['forwardActiveEnergy'], 1)
}
