import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'

/** Datagrams that may wait: half a minute of four channels. */
export const WAITING_CEILING = 512
/** Strangers that are named; more are only counted. */
const MAX_STRANGERS = 4

/** A UDP port on which one sender is listened to. */
export class Datagrams {
  readonly #socket: Socket
  readonly #sender: string
  readonly #waiting: Uint8Array[] = []
  #wake: (() => void) | null = null
  #error: Error | null = null
  /** Dropped because nobody took them in time. */
  overrun = 0
  /** Packets of others than the sender. */
  strange = 0
  readonly strangers = new Set<string>()

  private constructor(socket: Socket, sender: string) {
    this.#socket = socket
    this.#sender = sender
    socket.on('message', (bytes, { address }) => this.#receive(bytes, plain(address)))
    socket.on('error', (error) => {
      this.#error = error
      this.#wake?.()
    })
  }

  /** @throws HardwareError `line-busy`, `line-unopened` */
  static async open(bind: string, port: number, sender: string): Promise<Datagrams> {
    const socket = createSocket(isIPv6(bind) ? 'udp6' : 'udp4')
    try {
      socket.bind(port, bind)
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      const words = `UDP ${bind}:${port}: ${(error as Error).message}`
      throw new HardwareError(busy ? 'line-busy' : 'line-unopened', words, error)
    }
    return new Datagrams(socket, plain(sender))
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** The next datagram; `null` after a while without one, or when the signal aborts. @throws HardwareError `line-lost` */
  async next(clock: Clock, withinMs: Millis, signal: AbortSignal): Promise<Uint8Array | null> {
    const waiting = this.#waiting.shift()
    if (waiting) return waiting
    if (this.#error) throw new HardwareError('line-lost', this.#error.message, this.#error)
    const limit = new AbortController()
    this.#wake = () => limit.abort()
    await clock.sleep(withinMs, AbortSignal.any([signal, limit.signal])).catch(() => undefined)
    this.#wake = null
    return this.#waiting.shift() ?? null
  }

  close(): void {
    this.#socket.removeAllListeners('message')
    this.#socket.close()
  }

  #receive(bytes: Uint8Array, address: string): void {
    if (address !== this.#sender) {
      this.strange += 1
      if (this.strangers.size < MAX_STRANGERS) this.strangers.add(address)
      return
    }
    this.#waiting.push(bytes)
    if (this.#waiting.length > WAITING_CEILING) {
      this.#waiting.shift()
      this.overrun += 1
    }
    this.#wake?.()
  }
}

/** An IPv4 address is the same behind an IPv6 socket. */
const plain = (address: string) => address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
