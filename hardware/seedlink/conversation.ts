import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'
import type { ByteLine } from '../line/contract.ts'
import { MAX_XML_CHARACTERS } from '../xml/xml.ts'
import { type Handshake, isRefusal, shakeHands, type WantedStation } from './handshake.ts'
import { describeOffer, type InfoLevel, readInfo, type ServerInfo } from './info.ts'
import { readLogRecord } from './log-record.ts'
import type { SensorLink } from './sensor-link.ts'
import { isAfter } from './sequence.ts'
import type { Timings } from './timings.ts'
import { createWireReader, HEADER_BYTES, MAX_CHUNK_BYTES, type WireItem, type WireReader } from './wire-reader.ts'

/** Why a conversation ended. `planned`: to ask for more, or anew; nobody need be told. */
export interface Ending {
  readonly kind: 'planned' | 'lost' | 'silent' | 'garbled' | 'stranger' | 'refused'
  readonly reason: string
  /** The server had begun to send. */
  readonly streamed: boolean
}

export interface ConversationDeps {
  readonly clock: Timekeeper
  readonly timings: Timings
  readonly line: ByteLine
  readonly links: readonly SensorLink[]
  readonly mode: 'multi-station' | 'uni-station'
}

/** Sensors of one station: asked for together. */
interface Group {
  readonly wanted: WantedStation
  readonly links: readonly SensorLink[]
}

/** More without a packet is noise; less may be half of one, from a server that hangs. */
const GARBLED_BYTES = 4_104
const encoder = new TextEncoder()

/** One connection's life: handshake, packets, questions, until it ends. Does not reconnect. */
export class Conversation {
  readonly #deps: ConversationDeps
  readonly #reader: WireReader
  readonly #groups: readonly Group[]
  readonly #handshake: Handshake
  readonly #done = new AbortController()
  #ending: Omit<Ending, 'streamed'> | null = null
  #awaited: { readonly say: string; readonly lines: number; readonly at: Millis } | null = null
  #replies: string[] = []
  #streaming = false
  #extended = false
  #refused: ReadonlyMap<number, string> = new Map()
  #question: { readonly level: InfoLevel; readonly at: Millis; text: string } | null = null
  #soundAt: Millis
  #offerAskedAt: Millis
  readonly #begunAt: Millis
  /** What came since the last packet and belongs to no other answer. */
  #unsoundBytes = 0
  #dataAt: Millis

  constructor(deps: ConversationDeps) {
    this.#deps = deps
    this.#reader = createWireReader({ extended: () => this.#extended })
    this.#groups = groupsOf(deps.links)
    this.#handshake = shakeHands({ mode: deps.mode, stations: this.#groups.map(({ wanted }) => wanted) })
    this.#soundAt = deps.clock.monotonic()
    this.#begunAt = this.#soundAt
    this.#dataAt = this.#soundAt
    this.#offerAskedAt = this.#soundAt
  }

  /** Talks until the line ends, something is wrong, or the signal aborts; the line is closed then. */
  async run(signal: AbortSignal): Promise<Ending> {
    const { line } = this.#deps
    const abort = () => this.leave('planned', 'stopped')
    signal.addEventListener('abort', abort, { once: true })
    const watching = this.#watch()
    try {
      if (signal.aborted) abort()
      this.#advance([])
      for await (const { bytes } of line.read()) {
        await this.#take(bytes)
        if (this.#ending) break
      }
      this.leave('lost', 'the server closed the connection')
    } catch (error) {
      this.leave('lost', error instanceof Error ? error.message : String(error))
    } finally {
      signal.removeEventListener('abort', abort)
      await line.close()
      await watching
    }
    return { ...this.#ending!, streamed: this.#streaming }
  }

  /** Ends the conversation; the first reason counts. */
  leave(kind: Ending['kind'], reason: string): void {
    if (this.#ending) return
    this.#ending = { kind, reason }
    this.#done.abort()
    void this.#deps.line.close()
  }

  async #take(bytes: Uint8Array): Promise<void> {
    this.#unsoundBytes += bytes.length
    for (let at = 0; at < bytes.length && !this.#ending; at += MAX_CHUNK_BYTES) {
      this.#reader.push(bytes.subarray(at, at + MAX_CHUNK_BYTES))
      for (;;) {
        const item = this.#reader.next(this.#streaming ? 'packets' : 'reply')
        if (!item || this.#ending) break
        await this.#handle(item)
      }
    }
  }

  async #handle(item: WireItem): Promise<void> {
    if (item.kind === 'discarded') {
      if (this.#streaming) for (const link of this.#deps.links) link.garbled(item.bytes)
      return
    }
    this.#soundAt = this.#deps.clock.monotonic()
    // A server that answers between its noise still sends no data.
    if (item.kind === 'info') this.#unsoundBytes -= HEADER_BYTES + item.record.length
    else {
      this.#unsoundBytes = 0
      this.#dataAt = this.#soundAt
    }
    if (item.kind === 'line') this.#reply(item.text)
    else if (item.kind === 'data') await this.#packet(item.sequence, item.record)
    else if (item.kind === 'info') this.#info(item)
    else if (item.kind === 'end') this.leave('lost', 'the server ended the transfer')
    // To INFO: it does not answer that; otherwise it gives up, and will say so by closing.
    else this.#question = null
  }

  #reply(text: string): void {
    if (!this.#awaited) return
    this.#replies.push(text)
    if (this.#replies.length >= this.#awaited.lines || isRefusal(text)) this.#advance(this.#replies)
  }

  /** Gives the handshake what was answered, and says what it wants said. */
  #advance(answer: readonly string[]): void {
    this.#replies = []
    for (let lines = answer; ; lines = []) {
      const step = this.#handshake.next(lines)
      if (step.done) {
        this.#shaken(step.value)
        return
      }
      this.#say(step.value.say)
      this.#awaited = { ...step.value, at: this.#deps.clock.monotonic() }
      if (step.value.lines > 0) return
    }
  }

  #shaken(outcome: HandshakeResult): void {
    this.#awaited = null
    if (outcome.kind === 'stranger') {
      this.leave('stranger', `no SeedLink server: it says ${JSON.stringify(outcome.answer)}`)
      return
    }
    this.#extended = outcome.greeting.protocol >= 3.1
    if (outcome.kind === 'all-refused') {
      this.#refused = outcome.answers
      this.#tellRefused(null)
      this.leave('refused', 'the server has none of the stations')
      return
    }
    this.#streaming = true
    this.#refused = outcome.refused
    for (const [index, { links }] of this.#groups.entries()) {
      if (outcome.refused.has(index)) continue
      for (const link of links) {
        if (outcome.startedLive.has(index)) link.startedLive()
        link.reconnected()
      }
    }
    this.#tellRefused(null)
  }

  async #packet(sequence: number, record: Uint8Array): Promise<void> {
    const network = codeIn(record, 18, 2)
    const station = codeIn(record, 8, 5)
    for (const { wanted, links } of this.#groups) {
      if (wanted.network !== network || wanted.station !== station) continue
      for (const link of links) await link.take(sequence, record, this.#done.signal)
    }
    // Waiting for a reader is not the server's silence.
    this.#soundAt = this.#deps.clock.monotonic()
  }

  #info({ record, last }: { record: Uint8Array; last: boolean }): void {
    const question = this.#question
    const log = readLogRecord(record)
    if (!question || !log) return
    if (question.text.length + log.text.length <= MAX_XML_CHARACTERS) question.text += log.text
    if (!last && !log.refused) return
    this.#question = null
    if (question.level === 'ID' || log.refused) return
    const result = readInfo(question.text)
    if (result.kind === 'info') this.#learn(result.info)
  }

  /** What the server offers, against what is missing. */
  #learn(info: ServerInfo): void {
    this.#tellRefused(info)
    for (const { wanted, links } of this.#groups) {
      for (const link of links) {
        const missing = missingOf(wanted, link, info)
        if (link.isSilent && missing) link.tell('silent', `${missing}; it has ${describeOffer(info)}`)
      }
    }
    const offered = [...this.#refused.keys()].some((index) => isOffered(this.#groups[index]!.wanted, info))
    if (offered) this.leave('planned', 'a station that was refused is there')
  }

  #tellRefused(info: ServerInfo | null): void {
    const offer = info ? `; it has ${describeOffer(info)}` : ''
    for (const [index, answer] of this.#refused) {
      const { wanted, links } = this.#groups[index]!
      const reason = `the server refused station ${wanted.network}.${wanted.station} (${answer})${offer}`
      for (const link of links) if (info || link.state !== 'failed') link.tell('failed', reason)
    }
  }

  async #watch(): Promise<void> {
    const { clock, timings } = this.#deps
    while (!this.#ending) {
      await clock.sleep(timings.tickMs, this.#done.signal).catch(() => undefined)
      if (!this.#ending) this.#check(clock.monotonic())
    }
  }

  #check(now: Millis): void {
    const { timings, links } = this.#deps
    for (const link of links) link.check(this.#streaming)
    if (!this.#streaming) {
      if (now - (this.#awaited?.at ?? this.#begunAt) <= timings.answerMs) return
      this.#giveUp(`no answer to ${this.#awaited?.say ?? 'HELLO'}`)
      return
    }
    const idleMs = now - this.#soundAt
    const isNoise = now - this.#dataAt > 2 * timings.idleMs && this.#unsoundBytes > GARBLED_BYTES
    if (isNoise || idleMs > 2 * timings.idleMs) this.#giveUp('it does not answer INFO ID')
    if (links.some((link) => link.caughtUp)) this.leave('planned', 'a reader has caught up')
    if (this.#ending) return
    if (this.#question && now - this.#question.at > 2 * timings.answerMs) this.#question = null
    const missing = this.#refused.size > 0 || links.some((link) => link.isSilent)
    if (missing && now - this.#offerAskedAt > timings.offerMs && !this.#question) {
      this.#offerAskedAt = now
      this.#ask('STREAMS', now)
    } else if (idleMs > timings.idleMs && !this.#question) this.#ask('ID', now)
  }

  #giveUp(why: string): void {
    if (this.#unsoundBytes > GARBLED_BYTES) this.leave('garbled', `${this.#unsoundBytes} bytes that are no SeedLink`)
    else this.leave('silent', `the server hangs: ${why}`)
  }

  #ask(level: InfoLevel, at: Millis): void {
    this.#question = { level, at, text: '' }
    this.#say(`INFO ${level}`)
  }

  /** Not waited for: a server that takes no bytes is noticed by its silence. */
  #say(words: string): void {
    this.#deps.line.write(encoder.encode(`${words}\r\n`)).catch((error: Error) => this.leave('lost', error.message))
  }
}

type HandshakeResult = Handshake extends Generator<unknown, infer R, unknown> ? R : never

/** What an ending means for a sensor. */
export const STATE_OF_ENDING: { readonly [K in Ending['kind']]: DeviceState['state'] | null } = {
  planned: null,
  lost: 'disconnected',
  silent: 'silent',
  garbled: 'bad-data',
  stranger: 'failed',
  // Each station has been told by itself.
  refused: null,
}

function groupsOf(links: readonly SensorLink[]): Group[] {
  const groups = new Map<string, SensorLink[]>()
  for (const link of links) {
    const key = `${link.options.network}.${link.options.station}`
    groups.set(key, [...(groups.get(key) ?? []), link])
  }
  return [...groups.values()].map((members) => {
    const { network, station } = members[0]!.options
    const channels = members.flatMap(({ options }) => options.channels)
    return { links: members, wanted: { network, station, channels, lastSequence: earliest(members) } }
  })
}

/** The one that has come the least far says where to begin; the others drop what they have. */
function earliest(links: readonly SensorLink[]): number | null {
  const sequences = links.map((link) => link.resume().sequence).filter((each) => each !== null)
  return sequences.reduce((a: number | null, b) => (a === null || isAfter(a, b) ? b : a), null)
}

const isOffered = ({ network, station }: WantedStation, info: ServerInfo) =>
  info.stations.some((each) => each.network === network && each.station === station)

/** In words, what of a sensor the server does not offer; `null`: it says that it has it all. */
function missingOf(wanted: WantedStation, link: SensorLink, info: ServerInfo): string | null {
  const name = `${wanted.network}.${wanted.station}`
  const offered = info.stations.find((each) => each.network === wanted.network && each.station === wanted.station)
  if (!offered) return `the server has no station ${name}`
  const missing = link.options.channels.filter(
    ({ code, location }) =>
      !offered.streams.some((each) => each.channel === code && (location === null || each.location === location)),
  )
  return missing.length === 0 ? null : `the server has no ${missing.map(({ code }) => `${name} ${code}`).join(', ')}`
}

function codeIn(record: Uint8Array, at: number, length: number): string {
  let code = ''
  for (let i = at; i < at + length; i++) if (record[i]! > 0x20) code += String.fromCharCode(record[i]!)
  return code
}
