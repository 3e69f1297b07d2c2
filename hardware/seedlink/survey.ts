import type { Clock } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, LineOpener } from '../line/contract.ts'
import { MAX_XML_CHARACTERS } from '../xml/xml.ts'
import { readGreeting } from './hello.ts'
import { type InfoLevel, readInfo, type ServerInfo } from './info.ts'
import { readLogRecord } from './log-record.ts'
import { TIMINGS } from './timings.ts'
import { createWireReader, MAX_CHUNK_BYTES, type WireReader } from './wire-reader.ts'

/** What a server says of itself and of what it has. */
export interface Survey {
  readonly software: string
  /** `null`: it does not tell what it has. */
  readonly offer: ServerInfo | null
}

/**
 * Asks a server, over a connection of its own, which stations and streams it offers.
 * @throws HardwareError `line-...` when there is none, `device-mistaken` when it is no SeedLink server
 */
export async function surveyServer(deps: { clock: Clock }, open: LineOpener, signal: AbortSignal): Promise<Survey> {
  const line = await open(signal)
  const limit = new AbortController()
  const late = deps.clock.sleep(2 * TIMINGS.answerMs, AbortSignal.any([signal, limit.signal])).catch(() => undefined)
  void late.then(() => line.close())
  try {
    return await ask(line)
  } finally {
    limit.abort()
    await line.close()
  }
}

async function ask(line: ByteLine): Promise<Survey> {
  const server = new Answers(line)
  await server.say('HELLO')
  const greeting = readGreeting((await server.line()) ?? '')
  if (!greeting) throw new HardwareError('device-mistaken', `${line.name}: no SeedLink server`)
  await server.line()
  for (const level of ['STREAMS', 'STATIONS'] as const) {
    const offer = await server.info(level)
    if (offer) return { software: greeting.software, offer }
  }
  return { software: greeting.software, offer: null }
}

/** A conversation of question and answer; `null`: the server said no more. */
class Answers {
  readonly #line: ByteLine
  readonly #reader: WireReader = createWireReader({ extended: () => false })
  readonly #chunks: AsyncIterator<{ readonly bytes: Uint8Array }>

  constructor(line: ByteLine) {
    this.#line = line
    this.#chunks = line.read()[Symbol.asyncIterator]()
  }

  async say(words: string): Promise<void> {
    await this.#line.write(new TextEncoder().encode(`${words}\r\n`))
  }

  async line(): Promise<string | null> {
    const item = await this.#next((each) => each.kind === 'line')
    return item?.kind === 'line' ? item.text : null
  }

  async info(level: InfoLevel): Promise<ServerInfo | null> {
    await this.say(`INFO ${level}`)
    let text = ''
    for (;;) {
      const item = await this.#next((each) => each.kind === 'info' || each.kind === 'line')
      if (item?.kind !== 'info') return null
      const log = readLogRecord(item.record)
      if (!log || log.refused || text.length > MAX_XML_CHARACTERS) return null
      text += log.text
      if (!item.last) continue
      const result = readInfo(text)
      return result.kind === 'info' ? result.info : null
    }
  }

  async #next(wanted: (item: NonNullable<ReturnType<WireReader['next']>>) => boolean) {
    for (;;) {
      for (let item = this.#reader.next('reply'); item; item = this.#reader.next('reply')) if (wanted(item)) return item
      const chunk = await this.#chunks.next()
      if (chunk.done) return null
      this.#reader.push(chunk.value.bytes.subarray(0, MAX_CHUNK_BYTES))
    }
  }
}
