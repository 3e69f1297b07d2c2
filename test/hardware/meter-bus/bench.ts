/** A simulated bus with meters on it, the driver that reads them, and what each meter truly measured. */
import type { DeviceState, Measurement, MeterStatus, PowerReading } from '@minewarden/hardware/contract.ts'
import { MeterBus } from '@minewarden/hardware/meter-bus/driver.ts'
import { MeterBusOptions } from '@minewarden/hardware/meter-bus/options.ts'
import { SimulatedBus } from '@minewarden/hardware/sim/meters/bus.ts'
import { SimulatedDlt645Meter, type SimulatedMeterOptions } from '@minewarden/hardware/sim/meters/dlt645-meter.ts'
import { SimulatedDlt698Meter } from '@minewarden/hardware/sim/meters/dlt698-meter.ts'
import type { MeterTruth } from '@minewarden/hardware/sim/meters/model.ts'
import { createRandom } from '@minewarden/hardware/sim/random.ts'
import { QuickClock } from './quick-clock.ts'

export const ADDRESSES = { a: '112233445566', b: '000000000017', c: '050607080910' } as const
const UTC_OFFSET_MS = 8 * 3_600_000

/** Slow waves, so that each moment's truth is known and neighbours differ little; each meter on a level of its own. */
export function truthOf(level: number, now: number): MeterTruth {
  const wave = Math.sin(now / 300_000)
  const activePowerW = level * (1_000 + 200 * wave)
  return {
    voltageV: [220 + 5 * wave, 221 + 5 * wave, 222 + 5 * wave],
    currentA: [level * (2 + 0.3 * wave), level * (2.1 + 0.3 * wave), -level * (2.2 + 0.3 * wave)],
    activePowerW: -activePowerW,
    reactivePowerVar: level * (300 + 50 * wave),
    activeEnergyWh: level * (100_000 + now / 3_600),
  }
}

export interface BenchOptions {
  readonly meters?: readonly Record<string, unknown>[]
  readonly baudRate?: number
  readonly seed?: number
  readonly delayMs?: () => number
  readonly a?: Partial<SimulatedMeterOptions>
  readonly b?: Partial<SimulatedMeterOptions>
  readonly c?: Partial<SimulatedMeterOptions>
}

export const meterOptions = (id: 'a' | 'b' | 'c', more: Record<string, unknown> = {}) => ({
  id: `meter-${id}`,
  protocol: id === 'c' ? 'dlt698' : 'dlt645',
  address: ADDRESSES[id],
  measuresAt: 'line',
  relayKind: 'internal',
  ...more,
})

export function setUpBus(options: BenchOptions = {}) {
  const clock = new QuickClock()
  const random = createRandom(options.seed ?? 7, 'meter-bus')
  const uniform = () => random.between(0, 1)
  const { baudRate = 2400, delayMs = () => random.between(20, 120) } = options
  const localMs = (now: number) => clock.stamp(now).at + UTC_OFFSET_MS
  const common = (level: number) => ({ truth: (now: number) => truthOf(level, now), delayMs, localMs })
  const meters = {
    a: new SimulatedDlt645Meter({ address: ADDRESSES.a, ...common(1), ...options.a }),
    b: new SimulatedDlt645Meter({ address: ADDRESSES.b, ...common(3), ...options.b }),
    c: new SimulatedDlt698Meter({ address: ADDRESSES.c, ...common(7), ...options.c }),
  }
  const lines: SimulatedBus[] = []
  const config = MeterBusOptions.parse({
    kind: 'meter-bus',
    baudRate,
    meters: options.meters ?? [meterOptions('a'), meterOptions('b'), meterOptions('c')],
  })
  const configured = new Set(config.meters.map(({ id }) => id.at(-1)))
  const devices = (['a', 'b', 'c'] as const).filter((id) => configured.has(id)).map((id) => meters[id])
  const open = async () => {
    const line = new SimulatedBus({ clock, baudRate, devices, random: uniform })
    lines.push(line)
    return line
  }
  const bus = new MeterBus({ clock, random: uniform, open }, config)
  const stop = new AbortController()
  const got = new Map<string, Measurement[]>(config.meters.map(({ id }) => [id, []]))
  const running = bus.drivers.map(async (driver) => {
    for await (const measurement of driver.read(stop.signal)) got.get(driver.sensor)?.push(measurement)
  })
  const of = <K extends Measurement['kind']>(id: string, kind: K) =>
    (got.get(`meter-${id}`) ?? []).filter((one) => one.kind === kind) as Extract<Measurement, { kind: K }>[]
  return {
    clock,
    bus,
    meters,
    lines,
    random: uniform,
    get line() {
      return lines.at(-1)!
    },
    power: (id: string): PowerReading[] => of(id, 'power'),
    statuses: (id: string): MeterStatus[] => of(id, 'meter'),
    states: (id: string): string[] =>
      of(id, 'device').map(({ state, reason }: DeviceState) => `${state} ${reason.split(':')[0]}`.trim()),
    reasons: (id: string): string[] => of(id, 'device').map(({ reason }) => reason),
    start: clock.now(),
    async end() {
      stop.abort()
      await clock.advance(10)
      await Promise.all(running)
    },
  }
}
