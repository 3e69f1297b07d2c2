import type { DeviceState, SensorDriver, WaveformBlock } from '@minewarden/hardware/contract.ts'
import type { ByteLine, LineOpener } from '@minewarden/hardware/line/contract.ts'
import { keepTalking } from '@minewarden/hardware/line/keep-talking.ts'
import type { Watch } from '@minewarden/hardware/line/pause.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import { LineDecoder } from './decoder.ts'
import { Receiver } from './receiver.ts'

/** A block comes each half second, the first after one and a half. */
const SILENT_MS: Millis = 4_000

export interface BarometerDeps {
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly open: LineOpener
  readonly watch?: Watch
  readonly openLimitMs?: Millis
}

/** Reads one barometer for as long as it is asked to; a line that is lost is opened again. */
export function createBarometerDriver(deps: BarometerDeps, sensor: SensorId): SensorDriver {
  async function* converse(line: ByteLine): AsyncGenerator<WaveformBlock | DeviceState, void, undefined> {
    const receiver = new Receiver(deps.clock)
    for await (const chunk of line.read()) yield* receiver.take(chunk)
  }
  return {
    sensor,
    kind: 'air-pressure',
    channels: ['HDF'],
    read: (signal) =>
      keepTalking({ ...deps, converse, silentMs: SILENT_MS, isGood: (item) => item.kind === 'waveform' }, signal),
  }
}

/** Whether a barometer is at the other end: three sound lines say so. */
export async function recogniseBarometer(line: ByteLine): Promise<boolean> {
  const decoder = new LineDecoder()
  let sound = 0
  for await (const { bytes } of line.read()) {
    sound += decoder.push(bytes).filter(({ kind }) => kind === 'frame').length
    if (sound >= 3) return true
  }
  return false
}
