import { EventEmitter } from 'node:events'
import { HardwareError } from '../errors.ts'
import type { ByteLine, Chunk } from '../line/contract.ts'

/**
 * What firmata takes for a serial port, over lines that come and go: it lives as long as the driver, so that nothing that
 * listens to it has to be made again with each line.
 */
export class LineTransport extends EventEmitter {
  readonly path = 'line'
  #line: ByteLine | null = null
  #writing: Promise<void> = Promise.resolve()
  #failure: HardwareError | null = null
  #receivedBytes = 0

  /** Since the line was attached. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Passes bytes to and from this line until it is detached. Call `check` for how it fares. */
  attach(line: ByteLine): void {
    this.#line = line
    this.#failure = null
    this.#receivedBytes = 0
    this.#writing = Promise.resolve()
    void this.#receive(line)
  }

  detach(): void {
    this.#line = null
  }

  /** What went wrong since the line was attached, its end included. @throws HardwareError */
  check(): void {
    if (this.#failure) throw this.#failure
  }

  /** As a serial port's. Without a line the bytes are gone, as they would be. */
  write(bytes: Uint8Array, done?: () => void): void {
    const line = this.#line
    this.#writing = this.#writing
      .then(() => (line && line === this.#line ? line.write(bytes) : undefined))
      .catch((error: unknown) => this.#fail(line, error))
      .then(done)
  }

  async #receive(line: ByteLine): Promise<void> {
    try {
      for await (const chunk of line.read()) {
        if (line !== this.#line) return
        this.#take(chunk)
      }
      this.#fail(line, new HardwareError('line-lost', `${line.name}: the other side ended it`))
    } catch (error) {
      this.#fail(line, error)
    }
  }

  #take({ bytes }: Chunk): void {
    this.#receivedBytes += bytes.length
    this.emit('data', bytes)
  }

  #fail(line: ByteLine | null, error: unknown): void {
    if (line === null || line !== this.#line) return
    // firmata-io trips over messages that do not fit the board that it knows.
    this.#failure ??=
      error instanceof HardwareError
        ? error
        : new HardwareError('line-garbled', `${line.name}: ${error instanceof Error ? error.message : error}`, error)
  }
}
