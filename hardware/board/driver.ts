import type { Timekeeper } from '@minewarden/protocol/time.ts'
import type { Actuation, ActuationResult, DeviceState, EnclosureReading, SensorDriver } from '../contract.ts'
import { type KeepTalkingOptions, keepTalking } from '../line/keep-talking.ts'
import { type Alive, FirmataDevice } from './device.ts'
import type { BoardOptions } from './options.ts'
import { type OutputName, wiringOf } from './wiring.ts'

/** Supervision looks after a conversation that hangs; the conversation itself notices silence sooner. */
const SILENT_MS = 15_000
/** A board that is back must be found within 10 s, of which it needs three to start and be greeted. */
const PAUSES = { firstMs: 250, ceilingMs: 2_000 } as const

export interface BoardDriverDeps extends Pick<KeepTalkingOptions<object>, 'open' | 'random' | 'watch' | 'openLimitMs'> {
  readonly clock: Timekeeper
}

/** The cabinet's sensor: switches, tilt and supply of one board, and its outputs. */
export function createBoardDriver(options: BoardOptions, deps: BoardDriverDeps): SensorDriver {
  const device = new FirmataDevice(options, deps.clock)
  const outputs = wiringOf(options).outputs.map(({ name }) => name)
  const activations = new Map<OutputName, AbortController>()
  async function* read(signal: AbortSignal): AsyncGenerator<EnclosureReading | DeviceState, void, undefined> {
    const over = new AbortController()
    const leave = () => void device.farewell().then(() => over.abort(signal.reason))
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) return
    try {
      const items = keepTalking<EnclosureReading | Alive>(
        { ...deps, converse: (line, ended) => device.converse(line, ended), silentMs: SILENT_MS, pauses: PAUSES },
        over.signal,
      )
      for await (const item of items) if (item.kind !== 'alive') yield item
    } finally {
      signal.removeEventListener('abort', leave)
      for (const activation of activations.values()) activation.abort()
      device.release()
    }
  }
  const endLater = async (output: OutputName, forMs: number): Promise<void> => {
    const activation = new AbortController()
    activations.set(output, activation)
    try {
      await deps.clock.sleep(forMs, activation.signal)
    } catch {
      return
    }
    await device.set(output, false, activation.signal)
  }
  async function actuate({ output, on, forMs }: Actuation, signal: AbortSignal): Promise<ActuationResult> {
    activations.get(output)?.abort()
    activations.delete(output)
    const longestMs = (options[output]?.longestS ?? 0) * 1000
    // Begun before the board confirms: what may be on must end.
    if (on && longestMs > 0) void endLater(output, Math.min(forMs, longestMs))
    return await device.set(output, on, signal)
  }
  return { sensor: options.id, kind: 'enclosure', channels: [], outputs, read, actuate }
}
