import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'
import { deviceFault } from '../line/device-fault.ts'
import type { Addressed } from '../line/shared-device.ts'
import { type CastSensor, CastSensorFeed } from './cast-sensor-feed.ts'
import { Datagrams } from './datagrams.ts'
import { parsePacket } from './packet.ts'

export interface ListenOptions {
  readonly bind: string
  readonly port: number
  readonly sender: string
  readonly sensors: readonly CastSensor[]
  /** A sensor without a packet for so long is silent; an instrument sends each quarter of a second. 5 s by default. */
  readonly silentMs?: Millis
  /** Told the port once it is bound. */
  readonly onBound?: (port: number) => void
}

interface ListenDeps {
  readonly clock: Timekeeper
  readonly random: () => number
}

const SILENT_MS: Millis = 5_000
const TICK_MS: Millis = 250
/** A port that is taken is tried again. */
const RETRY = { firstMs: 250, ceilingMs: 4_000 } as const
/** So many packets in a row that are none: the sender sends something else. */
const BAD_IN_A_ROW = 4

/** What one sender's packets come to, for all its sensors, until the signal aborts. Never throws for what the world does. */
export async function* listenToDatacast(
  deps: ListenDeps,
  options: ListenOptions,
  signal: AbortSignal,
): AsyncGenerator<Addressed | DeviceState, void, undefined> {
  const feeds = options.sensors.map((sensor) => new CastSensorFeed(deps.clock, sensor, options.silentMs ?? SILENT_MS))
  let pauses = retrySchedule(RETRY, deps.random)
  while (!signal.aborted) {
    let datagrams: Datagrams | null = null
    try {
      datagrams = await Datagrams.open(options.bind, options.port, options.sender)
      options.onBound?.(datagrams.port)
      pauses = retrySchedule(RETRY, deps.random)
      yield* receive(deps, options, datagrams, feeds, signal)
    } catch (error) {
      const { state, reason } = deviceFault(error)
      for (const feed of feeds) yield* feed.told(state, reason)
      await deps.clock.sleep(pauses.next().value, signal).catch(() => undefined)
    } finally {
      datagrams?.close()
    }
  }
}

async function* receive(
  { clock }: ListenDeps,
  { sender }: ListenOptions,
  datagrams: Datagrams,
  feeds: readonly CastSensorFeed[],
  signal: AbortSignal,
): AsyncGenerator<Addressed, void, undefined> {
  let badInARow = 0
  while (!signal.aborted) {
    const bytes = await datagrams.next(clock, TICK_MS, signal)
    const parsed = bytes ? parsePacket(bytes) : null
    if (parsed?.kind === 'packet') {
      badInARow = 0
      for (const feed of feeds) yield* feed.take(parsed.packet)
    } else if (parsed) {
      badInARow += 1
      for (const feed of feeds) {
        feed.badPackets += 1
        if (badInARow >= BAD_IN_A_ROW) yield* feed.told('bad-data', `packets of ${sender} are ${parsed.reason}`)
      }
    }
    const others =
      datagrams.strange === 0 ? '' : `; ${datagrams.strange} packets of ${[...datagrams.strangers].join(', ')}`
    for (const feed of feeds) yield* feed.check(`no packet of ${sender}${others}`)
  }
}
