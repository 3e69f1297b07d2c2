/** Opens the serial port that a device is on, wherever it is by now. */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { openSerialPort, type SerialSettings } from '../bindings/serial-port.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, LineOpener } from './contract.ts'
import { watchFolders } from './folder-watch.ts'
import type { Watch } from './pause.ts'
import { type FoundPort, findPorts, fixedPaths, foldersOf, type PortPlaces } from './port-finder.ts'
import { portsOfThisProcess, type TakenPorts } from './taken-ports.ts'

export interface SerialOpenerOptions {
  readonly places: PortPlaces
  readonly settings: SerialSettings
  /**
   * Whether the device at the other end is the wanted one. What it reads from the line is lost for the conversation. Throws
   * or hangs as it likes: a port that is not recognised in time is not the one. Needed where several ports may fit.
   */
  readonly recognise?: (line: ByteLine, signal: AbortSignal) => Promise<boolean>
  /** 3 s by default: boards restart when their port is opened, and need 2 s for it. */
  readonly recogniseLimitMs?: Millis
}

export interface SerialOpenerDeps {
  readonly clock: Clock
  /** Those of this process by default. */
  readonly taken?: TakenPorts
}

const RECOGNISE_LIMIT_MS: Millis = 3_000

/** For `keepTalking`: opens the port, and tells when one came or went. */
export interface SerialOpener {
  readonly open: LineOpener
  readonly watch: Watch
  /** So long may an attempt take when all ports have to be tried. */
  readonly openLimitMs: Millis
}

/** A path without `*` is kept for this device: a driver that searches leaves it alone. */
export function serialOpener(options: SerialOpenerOptions, deps: SerialOpenerDeps): SerialOpener {
  const finder = new SerialFinder(options, deps)
  return {
    open: (signal) => finder.open(signal),
    watch: watchFolders(foldersOf(options.places)),
    openLimitMs: options.recognise ? 30_000 : 10_000,
  }
}

class SerialFinder {
  readonly #options: SerialOpenerOptions
  readonly #deps: SerialOpenerDeps
  readonly #taken: TakenPorts
  /** Where the device was found last; tried first. */
  #last: string | null = null

  constructor(options: SerialOpenerOptions, deps: SerialOpenerDeps) {
    this.#options = options
    this.#deps = deps
    this.#taken = deps.taken ?? portsOfThisProcess
    for (const path of fixedPaths(options.places)) this.#taken.reserve(path, this)
  }

  /** The first port that opens and is recognised; otherwise the most telling of what was in the way. */
  async open(signal: AbortSignal): Promise<ByteLine> {
    const { paths } = this.#options.places
    let fault = new HardwareError('line-absent', `${paths.join(', ')}: no such port`)
    for (const port of this.#byLikelihood(await findPorts(this.#options.places))) {
      if (signal.aborted) break
      try {
        const line = await this.#openPort(port, signal)
        this.#last = port.device
        return line
      } catch (error) {
        if (!(error instanceof HardwareError)) throw error
        fault = moreTelling(fault, error)
      }
    }
    throw fault
  }

  #byLikelihood(ports: readonly FoundPort[]): FoundPort[] {
    return [...ports].sort((a, b) => Number(b.device === this.#last) - Number(a.device === this.#last))
  }

  async #openPort(port: FoundPort, signal: AbortSignal): Promise<ByteLine> {
    const release = await this.#taken.take(port.device, this)
    if (!release) {
      throw new HardwareError('line-busy', `${port.path}: another driver of this gateway has it`)
    }
    try {
      const line = releasing(await openSerialPort(port.path, this.#options.settings, this.#deps, signal), release)
      await this.#requireRecognised(line, signal)
      return line
    } catch (error) {
      release()
      throw error
    }
  }

  async #requireRecognised(line: ByteLine, signal: AbortSignal): Promise<void> {
    const { recognise, recogniseLimitMs = RECOGNISE_LIMIT_MS } = this.#options
    if (!recognise) return
    const over = new AbortController()
    const stop = () => over.abort()
    signal.addEventListener('abort', stop, { once: true })
    const tooLate = this.#deps.clock.sleep(recogniseLimitMs, over.signal).then(
      () => false,
      () => false,
    )
    const isIt = await Promise.race([recognise(line, over.signal), tooLate]).catch(() => false)
    signal.removeEventListener('abort', stop)
    over.abort()
    if (isIt && !signal.aborted) return
    await line.close()
    throw new HardwareError('device-mistaken', `${line.name}: not the device that is looked for`)
  }
}

/** From what tells least to what tells most of why a device is not found. */
const TELLING = ['line-absent', 'device-mistaken', 'line-unopened', 'line-busy', 'line-forbidden']

const moreTelling = (a: HardwareError, b: HardwareError): HardwareError =>
  TELLING.indexOf(b.code) >= TELLING.indexOf(a.code) ? b : a

function releasing(line: ByteLine, release: () => void): ByteLine {
  return {
    name: line.name,
    get droppedBytes() {
      return line.droppedBytes ?? 0
    },
    read: () => line.read(),
    write: (bytes) => line.write(bytes),
    rest: (ms) => line.rest?.(ms),
    close: () => line.close().finally(release),
  }
}
