import { connect, type Socket } from 'node:net'
import { check } from '@minewarden/protocol/errors.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import { createLineSplitter } from './lines.ts'
import { type FeederAnswer, FeederMessage, type FeederRequest, type FeederState } from './messages.ts'

/** The connection under a feeder client: keeps one socket up, and finds for each answer who asked. */

/** Requests under way or waiting for a connection; one more is refused as unreachable. */
export const MAX_PENDING = 1024
/** Between attempts to connect: doubling from the first to the second. */
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000
/** A list of every feeder is the longest answer. */
const MAX_ANSWER_BYTES = 1024 * 1024

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
export type Question = WithoutId<FeederRequest>

export interface FeederLink {
  /** @throws HardwareError `feeder-unreachable` or `feeder-refused` */
  request(question: Question): Promise<FeederAnswer>
  connected(): boolean
  close(): Promise<void>
}

export interface FeederLinkDeps {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly requestTimeoutMs: Millis
  readonly onConnected: () => void
  readonly onChange: (state: FeederState) => void
}

interface Pending {
  readonly line: string
  /** Written to the present socket: lost when that ends. Else it waits for one. */
  sent: boolean
  readonly resolve: (answer: FeederAnswer) => void
  readonly reject: (error: HardwareError) => void
  readonly timeout: AbortController
}

export function createFeederLink(deps: FeederLinkDeps): FeederLink {
  const closing = new AbortController()
  const pending = new Map<number, Pending>()
  let socket: Socket | null = null
  let nextId = 1

  const unreachable = (why: string) =>
    new HardwareError('feeder-unreachable', `feeder simulator at ${deps.host}:${deps.port}: ${why}`)

  function settle(id: number): Pending | undefined {
    const entry = pending.get(id)
    pending.delete(id)
    entry?.timeout.abort()
    return entry
  }

  function fail(which: (entry: Pending) => boolean, why: string): void {
    for (const [id, entry] of pending) if (which(entry)) settle(id)?.reject(unreachable(why))
  }

  function receive(text: string): void {
    const message = check(FeederMessage, parseJson(text))
    // Not of our simulator: whoever asked gets the time-out, which names the address.
    if (!message.ok) return
    if ('event' in message.value) deps.onChange(message.value.feeder)
    else if (message.value.ok) settle(message.value.id)?.resolve(message.value)
    else if (message.value.id !== null) {
      const { refusal, message: words } = message.value
      settle(message.value.id)?.reject(new HardwareError('feeder-refused', `${refusal}: ${words}`))
    }
  }

  function attach(connection: Socket): void {
    socket = connection
    const split = createLineSplitter(MAX_ANSWER_BYTES)
    connection.on('data', (chunk) => {
      for (const line of split(chunk)) if (line.kind === 'line') receive(line.text)
    })
    for (const entry of pending.values()) transmit(connection, entry)
    deps.onConnected()
  }

  async function keepConnected(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (!closing.signal.aborted) {
      const connection = connect({ host: deps.host, port: deps.port, noDelay: true })
      const ended = new Promise<void>((resolve) => connection.once('close', () => resolve()))
      closing.signal.addEventListener('abort', () => connection.destroy(), { signal: untilEnded(ended) })
      // The reason is of no use to a caller: 'close' follows, and requests say which address does not answer.
      connection.on('error', () => undefined)
      connection.once('connect', () => {
        retryMs = FIRST_RETRY_MS
        attach(connection)
      })
      await ended
      socket = null
      fail((entry) => entry.sent, 'the connection was lost')
      await deps.clock.sleep(retryMs, closing.signal).catch(() => undefined)
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
    }
  }

  const running = keepConnected()

  return {
    connected: () => socket !== null,
    request(question) {
      if (closing.signal.aborted) return Promise.reject(unreachable('the client is closed'))
      if (pending.size >= MAX_PENDING) return Promise.reject(unreachable(`${MAX_PENDING} requests are waiting`))
      const id = nextId++
      return new Promise((resolve, reject) => {
        const timeout = new AbortController()
        const line = `${JSON.stringify({ ...question, id })}\n`
        const entry: Pending = { line, sent: false, resolve, reject, timeout }
        pending.set(id, entry)
        if (socket) transmit(socket, entry)
        deps.clock.sleep(deps.requestTimeoutMs, timeout.signal).then(
          () => settle(id)?.reject(unreachable(`no answer within ${deps.requestTimeoutMs} ms`)),
          () => undefined,
        )
      })
    },
    async close() {
      closing.abort()
      fail(() => true, 'the client was closed')
      await running
    },
  }
}

function transmit(socket: Socket, entry: Pending): void {
  socket.write(entry.line)
  entry.sent = true
}

/** A signal that aborts when a promise is done: takes a listener off that would else pile up over reconnects. */
function untilEnded(ended: Promise<void>): AbortSignal {
  const done = new AbortController()
  void ended.then(() => done.abort())
  return done.signal
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
