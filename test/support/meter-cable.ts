/** A simulated RS-485 bus behind a pseudo-terminal: a converter that can be pulled. */
import { SimulatedBus, type SimulatedBusOptions } from '@minewarden/hardware/sim/meters/bus.ts'
import { type Cable, plugIn } from './pty.ts'

/** What comes within so long is one frame of the master's. */
const PAUSE_MS = 5

export class MeterCable implements AsyncDisposable {
  readonly bus: SimulatedBus
  readonly #path: string
  #cable: Cable | null = null
  #said: Uint8Array[] = []
  #end: NodeJS.Timeout | null = null

  constructor(path: string, options: SimulatedBusOptions) {
    this.#path = path
    this.bus = new SimulatedBus(options)
    void this.#speak()
  }

  async plug(): Promise<void> {
    this.#cable = await plugIn(this.#path, (bytes) => this.#hear(bytes))
  }

  async pull(): Promise<void> {
    const cable = this.#cable
    this.#cable = null
    await cable?.pull()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end) clearTimeout(this.#end)
    await this.pull()
    await this.bus.close()
  }

  async #speak(): Promise<void> {
    for await (const { bytes } of this.bus.read()) this.#cable?.send(bytes)
  }

  #hear(bytes: Uint8Array): void {
    this.#said.push(bytes)
    if (this.#end) clearTimeout(this.#end)
    this.#end = setTimeout(() => void this.bus.write(Uint8Array.from(Buffer.concat(this.#said.splice(0)))), PAUSE_MS)
  }
}
