/** A line of bytes over TCP: a SeedLink server, or a serial device server beside the sensor. */
import { connect, type Socket } from 'node:net'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError, type HardwareErrorCode } from '../errors.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { ByteLine, Chunk, LineOpener } from './contract.ts'

export interface TcpAddress {
  readonly host: string
  readonly port: number
  /** 5 s by default. */
  readonly connectLimitMs?: Millis
}

const CONNECT_LIMIT_MS: Millis = 5_000
/** A peer that vanished without a word is noticed by the system after this and its probes. */
const KEEP_ALIVE_MS: Millis = 15_000
/** What waits beyond this makes the other side wait: TCP loses nothing, so neither do we. */
const WAITING_CEILING_BYTES = 65_536

/** Opens a connection at each call. */
export function tcpOpener(address: TcpAddress, deps: { readonly clock: Pick<Clock, 'monotonic'> }): LineOpener {
  return (signal) => openTcpLine(address, deps, signal)
}

/** @throws HardwareError `line-absent` (no such host), `line-refused`, `line-unopened` */
async function openTcpLine(
  address: TcpAddress,
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
  signal: AbortSignal,
): Promise<ByteLine> {
  const { host, port, connectLimitMs = CONNECT_LIMIT_MS } = address
  const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  const line = new TcpLine(name, socket, clock)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = () => reject(new Error('given up'))
  socket.once('connect', resolve)
  socket.once('error', reject)
  socket.setTimeout(connectLimitMs, () => reject(new Error(`no connection within ${connectLimitMs} ms`)))
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    if (signal.aborted) giveUp()
    await promise
    socket.setTimeout(0)
    return line
  } catch (error) {
    await line.close()
    throw new HardwareError(connectFault(error), `${name}: ${(error as Error).message || 'not connected'}`, error)
  } finally {
    signal.removeEventListener('abort', giveUp)
    socket.removeListener('error', reject)
  }
}

function connectFault(error: unknown): HardwareErrorCode {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ECONNREFUSED') return 'line-refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EHOSTUNREACH') return 'line-absent'
  return 'line-unopened'
}

class TcpLine implements ByteLine {
  readonly name: string
  readonly #socket: Socket
  // The ceiling is kept by pausing the socket: nothing is ever dropped.
  readonly #queue = new ChunkQueue(Number.POSITIVE_INFINITY)

  constructor(name: string, socket: Socket, clock: Pick<Clock, 'monotonic'>) {
    this.name = name
    this.#socket = socket
    socket.on('data', (bytes: Uint8Array) => {
      this.#queue.push({ bytes, at: clock.monotonic() })
      if (this.#queue.bytes > WAITING_CEILING_BYTES) socket.pause()
    })
    socket.on('error', (error) => this.#queue.end(this.#lost(error)))
    socket.on('end', () => this.#queue.end())
    socket.on('close', () => this.#queue.end())
  }

  async *read(): AsyncGenerator<Chunk, void, undefined> {
    for await (const chunk of this.#queue.read()) {
      if (this.#socket.isPaused() && this.#queue.bytes === 0) this.#socket.resume()
      yield chunk
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) return reject(this.#lost('the connection is closed'))
      this.#socket.write(bytes, (error) => (error ? reject(this.#lost(error)) : resolve()))
    })
  }

  async close(): Promise<void> {
    this.#queue.end()
    this.#socket.destroy()
    if (!this.#socket.closed) await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
  }

  #lost(cause: unknown): HardwareError {
    return new HardwareError('line-lost', `${this.name}: ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}
