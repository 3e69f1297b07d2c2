/**
 * Which SEED location code stands for which sensor: written down, so that it stays over restarts, whatever sensor speaks
 * first. Without the file, or with a damaged one, the codes are read from the records themselves.
 */
import { join } from 'node:path'
import type { RingDisk } from './ring-disk.ts'

const CODES = 100

export class RingLocations {
  readonly #disk: RingDisk
  readonly #path: string
  readonly #codes = new Map<string, string>()
  #changed = false

  constructor(disk: RingDisk, dir: string) {
    this.#disk = disk
    this.#path = join(dir, 'locations.json')
  }

  async load(): Promise<void> {
    const bytes = await this.#disk.read(this.#path)
    for (const [sensor, code] of parse(bytes)) this.claim(sensor, code)
    this.#changed = false
  }

  has(sensor: string): boolean {
    return this.#codes.has(sensor)
  }

  /** Takes a code that a sensor's records bear, unless it or the sensor is taken. */
  claim(sensor: string, code: string): void {
    if (!/^\d\d$/.test(code) || this.#codes.has(sensor) || [...this.#codes.values()].includes(code)) return
    this.#codes.set(sensor, code)
    this.#changed = true
  }

  /** The sensor's code, a new one if need be; `null` when all are taken. */
  codeOf(sensor: string): string | null {
    const known = this.#codes.get(sensor)
    if (known !== undefined) return known
    const taken = new Set(this.#codes.values())
    for (let i = 0; i < CODES; i++) {
      const code = String(i).padStart(2, '0')
      if (taken.has(code)) continue
      this.claim(sensor, code)
      return code
    }
    return null
  }

  /** Writes down what is new: before the first record that bears it. */
  async save(): Promise<void> {
    if (!this.#changed) return
    const text = JSON.stringify(Object.fromEntries(this.#codes), null, 2)
    await this.#disk.replace(this.#path, new TextEncoder().encode(`${text}\n`))
    this.#changed = false
  }
}

function parse(bytes: Uint8Array | null): [string, string][] {
  try {
    const value: unknown = bytes === null ? {} : JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  } catch {
    return []
  }
}
