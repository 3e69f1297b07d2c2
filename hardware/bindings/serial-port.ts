/**
 * Serial ports, by the native part of serialport 13: it opens, sets speed and framing, locks, watches and closes. The
 * only importer of it.
 *
 * Its JavaScript part is left out: it costs 13 MB of resident memory where the native part costs 3, its reader spins
 * without a pause on a port whose reads give 0 bytes, and `SerialPort.list()` ends the process where udev is absent.
 */
import { readSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { binding } from '@serialport/bindings-cpp/dist/serialport-bindings.js'
import { HardwareError, type HardwareErrorCode } from '../errors.ts'
import { ChunkQueue } from '../line/chunk-queue.ts'
import type { ByteLine } from '../line/contract.ts'

/** How bytes travel on a serial line. */
export interface SerialSettings {
  readonly baudRate: number
  /** 8 by default. */
  readonly dataBits?: 5 | 6 | 7 | 8
  /** `none` by default. */
  readonly parity?: 'none' | 'even' | 'odd'
  /** 1 by default. */
  readonly stopBits?: 1 | 2
  /** RTS and CTS; off by default. */
  readonly hardwareFlow?: boolean
}

/** A device that takes no bytes for this long (flow control) is given up. */
const WRITE_LIMIT_MS: Millis = 2_000
const WRITE_RETRY_MS: Millis = 5
/** What one read can bring: the kernel's own buffer of a terminal. */
const READ_BYTES = 4_096
/** So many reads of 0 bytes in a row, each after the system called the port readable, are the end of it. */
const EMPTY_READS_CEILING = 100
const READABLE = 1

/** The native functions as serialport 13.0.0 has them. */
interface NativeBinding {
  open(path: string, options: object, done: (error: Error | null, fd: number) => void): void
  close(fd: number, done: (error: Error | null) => void): void
  flush(fd: number, done: (error: Error | null) => void): void
  set(fd: number, lines: object, done: (error: Error | null) => void): void
  readonly Poller: new (fd: number, event: (error: Error | null) => void) => NativePoller
}
interface NativePoller {
  poll(events: number): void
  stop(): void
}
const native = binding as NativeBinding
const nativeOpen = promisify(native.open)
const nativeClose = promisify(native.close)
const nativeFlush = promisify(native.flush)
const nativeSet = promisify(native.set)

/**
 * Opens a port for this process alone (an advisory lock that all users of serialport and most terminal programs keep).
 * @throws HardwareError `line-absent`, `line-forbidden`, `line-busy`, `line-unopened`
 */
export async function openSerialPort(
  path: string,
  settings: SerialSettings,
  deps: { readonly clock: Pick<Clock, 'monotonic'> },
  signal?: AbortSignal,
): Promise<ByteLine> {
  const fd = await nativeOpen(path, nativeOptions(settings)).catch((error: Error) => {
    throw new HardwareError(openFault(error.message), `${path}: ${error.message}`, error)
  })
  // Only some drivers know it; a USB converter then hands bytes over at once in place of each 16 ms.
  await nativeSet(fd, { brk: false, rts: true, cts: false, dtr: true, dsr: false, lowLatency: true }).catch(noop)
  try {
    if (signal?.aborted) throw new HardwareError('line-unopened', `${path}: given up`)
    return new SerialLine(path, fd, deps.clock)
  } catch (error) {
    await nativeClose(fd).catch(noop)
    throw error instanceof HardwareError
      ? error
      : new HardwareError('line-unopened', `${path}: ${(error as Error).message}`, error)
  }
}

const nativeOptions = (settings: SerialSettings) => ({
  baudRate: settings.baudRate,
  dataBits: settings.dataBits ?? 8,
  parity: settings.parity ?? 'none',
  stopBits: settings.stopBits ?? 1,
  rtscts: settings.hardwareFlow ?? false,
  xon: false,
  xoff: false,
  xany: false,
  hupcl: false,
  lock: true,
  vmin: 1,
  vtime: 0,
})

/** The native part tells the system's error in words only. */
function openFault(message: string): HardwareErrorCode {
  if (/No such (file|device)|not a directory/i.test(message)) return 'line-absent'
  if (/Permission denied|not permitted/i.test(message)) return 'line-forbidden'
  if (/busy|lock port/i.test(message)) return 'line-busy'
  return 'line-unopened'
}

class SerialLine implements ByteLine {
  readonly name: string
  readonly #queue = new ChunkQueue()
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #watch: ReadableWatch
  readonly #buffer = new Uint8Array(READ_BYTES)
  #emptyReads = 0
  #rest: NodeJS.Timeout | null = null
  /** What is read next may have waited: the line rests, or a read did not empty it. */
  #isBehind = false
  #fd: number | null
  #closing: Promise<void> | null = null

  constructor(path: string, fd: number, clock: Pick<Clock, 'monotonic'>) {
    this.name = path
    this.#fd = fd
    this.#clock = clock
    this.#watch = watchReadable(fd)
    this.#watch.readable = (error) => this.#readable(error)
    this.#await()
  }

  get droppedBytes(): number {
    return this.#queue.droppedBytes
  }

  read() {
    return this.#queue.read()
  }

  async write(bytes: Uint8Array): Promise<void> {
    const endsAt = performance.now() + WRITE_LIMIT_MS
    for (let rest = bytes; rest.length > 0; ) {
      const written = this.#writeSome(rest)
      rest = rest.subarray(written)
      if (written > 0) continue
      if (performance.now() > endsAt) throw lost(this.name, 'the device takes no bytes')
      await sleep(WRITE_RETRY_MS)
    }
  }

  rest(ms: Millis): void {
    if (this.#fd === null || this.#rest !== null) return
    this.#watch.poller.stop()
    this.#isBehind = true
    this.#rest = setTimeout(() => {
      this.#rest = null
      this.#readable(null)
    }, ms)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Has {@link #readable} called once, as soon as there is something. */
  #await(): void {
    this.#watch.poller.poll(READABLE)
  }

  /** Must not throw. */
  #readable(error: Error | null): void {
    if (this.#fd === null || this.#rest !== null) return
    try {
      if (error) throw error
      this.#take(readSync(this.#fd, this.#buffer))
      this.#await()
    } catch (cause) {
      if (isAgain(cause)) this.#await()
      else this.#queue.end(lost(this.name, cause))
      this.#isBehind = false
    }
  }

  #take(length: number): void {
    this.#emptyReads = length > 0 ? 0 : this.#emptyReads + 1
    if (this.#emptyReads > EMPTY_READS_CEILING) throw new Error('reads give no bytes')
    const waited = this.#isBehind && { waited: true }
    this.#isBehind = length === READ_BYTES
    if (length > 0) this.#queue.push({ bytes: this.#buffer.slice(0, length), at: this.#clock.monotonic(), ...waited })
  }

  /** How many bytes the system took; 0: none now. */
  #writeSome(bytes: Uint8Array): number {
    if (this.#fd === null) throw lost(this.name, 'the line is closed')
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      if (isAgain(error)) return 0
      throw lost(this.name, error)
    }
  }

  async #close(): Promise<void> {
    const fd = this.#fd
    this.#fd = null
    this.#queue.end()
    if (this.#rest) clearTimeout(this.#rest)
    if (fd === null) return
    this.#watch.readable = noop
    this.#watch.poller.stop()
    // A close waits up to 30 s for bytes that a dead device never takes.
    await nativeFlush(fd).catch(noop)
    await nativeClose(fd).catch(noop)
  }
}

interface ReadableWatch {
  readonly poller: NativePoller
  readable: (error: Error | null) => void
}

/**
 * One poller for each number that a descriptor ever had, kept for good. A poller that is thrown away does harm: destroyed it
 * leaks, and collected as garbage it takes the number out of the system's watch list though another line has it by then,
 * which falls silent. How many there are is bounded by how many files are open at once.
 */
const watches = new Map<number, ReadableWatch>()

function watchReadable(fd: number): ReadableWatch {
  const known = watches.get(fd)
  if (known) return known
  const poller = new native.Poller(fd, (error) => watch.readable(error))
  const watch: ReadableWatch = { poller, readable: noop }
  watches.set(fd, watch)
  return watch
}

const isAgain = (error: unknown): boolean => ['EAGAIN', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '')

const lost = (path: string, cause: unknown) =>
  new HardwareError('line-lost', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, cause)

const noop = () => undefined
