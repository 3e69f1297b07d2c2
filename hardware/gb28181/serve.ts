import { randomBytes } from 'node:crypto'
import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import { deviceFault } from '../line/device-fault.ts'
import type { Addressed } from '../line/shared-device.ts'
import { Platform, type PlatformOptions } from './platform.ts'
import { type OpenSipPort, type SipPort, SipTransport } from './transport.ts'

export interface ServeDeps {
  readonly clock: Timekeeper
  readonly random: () => number
  /** Sockets by default. */
  readonly openPort?: OpenSipPort
}

export interface ServeOptions extends PlatformOptions {
  readonly bind: string
  readonly port: number
  /** Told the port and the platform once it is bound. */
  readonly onBound?: (port: number, platform: Platform, transport: SipPort) => void
}

/** A port that is taken is tried again. */
const RETRY = { firstMs: 500, ceilingMs: 15_000 } as const
const TICK_MS: Millis = 250
/** Readings that wait for the next tick or to be taken; each probe has a queue of its own behind this. */
const TOLD_CEILING = 8_192

/** The platform on its port, until the signal aborts. Never throws for what the world does. */
export async function* servePlatform(
  deps: ServeDeps,
  options: ServeOptions,
  signal: AbortSignal,
): AsyncGenerator<Addressed | DeviceState, void, undefined> {
  let pauses = retrySchedule(RETRY, deps.random)
  while (!signal.aborted) {
    const { clock, openPort = SipTransport.open } = deps
    const told: Addressed[] = []
    let wake: (() => void) | null = null
    const emit = (item: Addressed) => {
      told.push(item)
      if (told.length > TOLD_CEILING) told.shift()
      wake?.()
    }
    let transport: SipPort | null = null
    try {
      const send = (...sent: Parameters<SipPort['send']>) => transport?.send(...sent) ?? false
      const secret = randomBytes(32)
      const platform = new Platform({ clock, random: deps.random, secret, send, emit }, options, clock.monotonic())
      transport = await openPort(options.bind, options.port, {
        monotonic: () => clock.monotonic(),
        receive: (message, peer) => platform.receive(message, peer, clock.monotonic()),
      })
      transport.onFailure = () => wake?.()
      options.onBound?.(transport.port, platform, transport)
      pauses = retrySchedule(RETRY, deps.random)
      yield state(clock, 'ok', '')
      while (!signal.aborted) {
        platform.tick(clock.monotonic())
        yield* told.splice(0)
        if (transport.failure) throw new HardwareError('line-lost', transport.failure.message, transport.failure)
        const woken = new AbortController()
        wake = () => woken.abort()
        await clock.sleep(TICK_MS, AbortSignal.any([signal, woken.signal])).catch(() => undefined)
        wake = null
      }
    } catch (error) {
      const fault = deviceFault(error)
      yield state(clock, fault.state, fault.reason)
      await clock.sleep(pauses.next().value, signal).catch(() => undefined)
    } finally {
      await transport?.close()
    }
  }
}

function state(clock: Timekeeper, word: DeviceState['state'], reason: string): DeviceState {
  const { at, quality, errorMs } = clock.stamp(clock.monotonic())
  const timing = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
  return { kind: 'device', at, state: word, reason, ...timing }
}
