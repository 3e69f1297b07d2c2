/** The sensors of one digitiser: one line, kept open for ever, and a driver for each sensor that hangs on it. */
import type { SensorId, SensorKind } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, SensorDriver } from '../contract.ts'
import type { ByteLine, LineOpener } from '../line/contract.ts'
import { keepTalking } from '../line/keep-talking.ts'
import type { Watch } from '../line/pause.ts'
import { type Addressed, shareDevice } from '../line/shared-device.ts'
import type { ReadChannel } from './measurements.ts'
import { Receiver, type ReceiverOptions } from './receiver.ts'

/** No block for so long, and the line is opened anew. Opening restarts some boards, which takes them 2 s. */
const SILENT_MS: Millis = 6_000

export interface DigitiserDeps {
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly open: LineOpener
  /** Tells when a port came or went. */
  readonly watch?: Watch
  readonly openLimitMs?: Millis
}

/** One driver a sensor. Damage, restarts and lost lines are reported as states; every line that is lost is opened again. */
export function createDigitiserDrivers(deps: DigitiserDeps, options: ReceiverOptions): SensorDriver[] {
  const receiver = new Receiver(deps, options)
  const read = (signal: AbortSignal): AsyncIterable<Addressed | DeviceState> =>
    keepTalking<Addressed | DeviceState>(
      { ...deps, converse: (line) => converse(receiver, line), silentMs: SILENT_MS, isGood: isWaveform },
      signal,
    )
  return shareDevice({ sensors: sensorsOf(options.channels), read, clock: deps.clock })
}

const isWaveform = (item: Addressed | DeviceState): boolean =>
  'measurement' in item && item.measurement.kind === 'waveform'

async function* converse(receiver: Receiver, line: ByteLine): AsyncGenerator<Addressed | DeviceState> {
  // A command that cannot be written is repeated; that the line is lost, its reader learns.
  receiver.opened(line.name, (frame) => void line.write(frame).catch(() => undefined))
  try {
    for await (const chunk of line.read()) {
      const taken = receiver.take(chunk)
      if (receiver.restMs > 0) line.rest?.(receiver.restMs)
      yield* taken
    }
  } catch (error) {
    yield* receiver.closed()
    throw error
  }
  yield* receiver.closed()
}

function sensorsOf(channels: readonly (ReadChannel | null)[]) {
  const sensors = new Map<SensorId, { sensor: SensorId; kind: SensorKind; channels: string[] }>()
  for (const channel of channels) {
    if (!channel) continue
    const { sensor, code, calibration } = channel
    const kind = calibration.unit === 'Pa' ? 'air-pressure' : 'geophone'
    const known = sensors.get(sensor) ?? { sensor, kind, channels: [] }
    known.channels.push(code)
    sensors.set(sensor, known)
  }
  return [...sensors.values()]
}
