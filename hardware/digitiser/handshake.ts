/**
 * The talk at the beginning of a connection as a state machine without timers or I/O: HELLO is asked for, checked and
 * compared with the configuration; what differs is set; a second HELLO proves it. Data flows meanwhile and is not its
 * business. Commands wait for their ACK one by one, and are repeated when it does not come.
 */
import type { Millis } from '@minewarden/protocol/time.ts'
import { type Ack, CHANNELS, COMMANDS, type Gain, type Hello, PROTOCOL_VERSION, type RateHz, TYPE } from './messages.ts'

export const ANSWER_WITHIN_MS: Millis = 1_000
const MOST_TRIES = 4
/** HELLO does not show what was set: the digitiser forgets, or is another one each time. */
const MOST_ROUNDS = 3

export interface Wanted {
  readonly rateHz: RateHz
  /** By channel; `null`: as it is. */
  readonly gains: readonly (Gain | null)[]
  /** 16 hexadecimal digits; `null`: any. */
  readonly serial: string | null
}

export type HandshakeState =
  | { readonly kind: 'talking' }
  | { readonly kind: 'ready'; readonly hello: Hello }
  /** No answer to a command after all tries. */
  | { readonly kind: 'unanswered' }
  /** It is not the digitiser that is meant. */
  | { readonly kind: 'mistaken'; readonly reason: string }
  /** It does not do what it is told. */
  | { readonly kind: 'refused'; readonly reason: string }

interface Command {
  readonly type: number
  readonly frame: Uint8Array
  readonly what: string
}

const ASK: Command = { type: TYPE.getHello, frame: COMMANDS.getHello(), what: 'GET_HELLO' }

export class Handshake {
  readonly #wanted: Wanted
  readonly #send: (frame: Uint8Array) => void
  #queue: Command[] = []
  #sentAt: Millis = 0
  #tries = 0
  #rounds = 0
  #state: HandshakeState = { kind: 'talking' }

  /** @param send hands a command to the line; called from within the methods below */
  constructor(wanted: Wanted, send: (frame: Uint8Array) => void) {
    this.#wanted = wanted
    this.#send = send
  }

  get state(): HandshakeState {
    return this.#state
  }

  /** Whether something had to be set since the start. */
  get hasSet(): boolean {
    return this.#rounds > 0
  }

  /** Begins (again): after opening the line, or when the digitiser may have restarted. */
  start(now: Millis): void {
    this.#state = { kind: 'talking' }
    this.#rounds = 0
    this.#begin([ASK], now)
  }

  hello(hello: Hello, now: Millis): void {
    const reason = unfit(hello, this.#wanted)
    if (reason) {
      this.#state = { kind: 'mistaken', reason }
      return
    }
    const orders = this.#orders(hello)
    if (orders.length === 0) {
      this.#queue = []
      this.#state = { kind: 'ready', hello }
      return
    }
    // A HELLO in the midst of settings is a restart, or an answer that was overtaken: settings go on.
    if (this.#state.kind === 'talking' && (this.#queue[0]?.type ?? TYPE.getHello) !== TYPE.getHello) return
    this.#rounds += 1
    if (this.#rounds > MOST_ROUNDS) {
      this.#refuse(`does not keep ${orders[0]?.what}`)
      return
    }
    this.#state = { kind: 'talking' }
    this.#begin([...orders, ASK], now)
  }

  ack(ack: Ack, now: Millis): void {
    const command = this.#queue[0]
    if (this.#state.kind !== 'talking' || command?.type !== ack.command) return
    if (ack.status !== 'done') this.#refuse(`answers "${ack.status}" to ${command.what}`)
    // The ACK of GET_HELLO is followed by what was asked for, and that is waited for.
    else if (command.type !== TYPE.getHello) this.#begin(this.#queue.slice(1), now)
  }

  /** To be called a few times a second. */
  tick(now: Millis): void {
    if (this.#state.kind !== 'talking' || now - this.#sentAt < ANSWER_WITHIN_MS) return
    if (this.#tries >= MOST_TRIES) this.#state = { kind: 'unanswered' }
    else this.#transmit(now)
  }

  #refuse(reason: string): void {
    this.#queue = []
    this.#state = { kind: 'refused', reason }
  }

  #begin(queue: Command[], now: Millis): void {
    this.#queue = queue
    this.#tries = 0
    this.#transmit(now)
  }

  #transmit(now: Millis): void {
    this.#sentAt = now
    this.#tries += 1
    const command = this.#queue[0]
    if (command) this.#send(command.frame)
  }

  #orders(hello: Hello): Command[] {
    const { rateHz, gains } = this.#wanted
    const orders: Command[] = []
    if (hello.rateHz !== rateHz) {
      orders.push({ type: TYPE.setRate, frame: COMMANDS.setRate(rateHz), what: `${rateHz} samples a second` })
    }
    for (const [channel, gain] of gains.entries()) {
      if (gain === null || hello.gains[channel] === gain) continue
      const what = `gain ${gain} of channel ${channel}`
      orders.push({ type: TYPE.setGain, frame: COMMANDS.setGain(channel, gain), what })
    }
    return orders
  }
}

function unfit(hello: Hello, { serial }: Wanted): string | null {
  if (hello.protocol !== PROTOCOL_VERSION) {
    return `speaks version ${hello.protocol} of the protocol, not ${PROTOCOL_VERSION}: its firmware does not fit this program`
  }
  if (serial !== null && hello.serial !== serial) {
    return `has serial number ${hello.serial}, not ${serial}: it is another one than the configuration means`
  }
  if (hello.channels !== CHANNELS) return `has ${hello.channels} channels, not ${CHANNELS}`
  return null
}
