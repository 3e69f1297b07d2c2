/**
 * The parts on the pins as johnny-five knows them; johnny-five is imported here alone. It keeps every board and part that was ever
 * made in tables of its own: they are made once a driver, over a firmata that outlives its lines.
 */
import { type EventEmitter, once } from 'node:events'
import five from 'johnny-five'
import type { BoardIo } from './firmata.ts'
import type { AnalogInput } from './options.ts'
import type { OutputName, Wiring } from './wiring.ts'

/** Each reading of an analog input is the median of those that came in so long. */
const MEDIAN_MS = 250

export interface BoardParts {
  /** Level of a contact's pin as last reported. */
  isHigh(pin: number): boolean
  /** Of the reference, 0 to 1. */
  fraction(input: AnalogInput): number
  /** Sends the order; nothing is known of its success. */
  switchOutput(name: OutputName, on: boolean): void
  /** Ends all timers. */
  release(): void
}

/** Options that its types do not know: no handler that ends the process, no console, no prompt. */
const SILENT = { repl: false, debug: false, sigint: false }

/** @param io a firmata that is ready */
export async function createParts(io: BoardIo, wiring: Wiring): Promise<BoardParts> {
  const board = new five.Board({ ...SILENT, io })
  const events = board as unknown as EventEmitter
  // An error event that nobody hears would end the process.
  events.on('error', () => undefined)
  await once(events, 'ready')
  const contacts = new Map(wiring.contacts.map(({ pin, pullUp }) => [pin, createContact(board, pin, pullUp)]))
  const sensors = new Map(wiring.analogInputs.map((pin) => [pin, createSensor(board, pin)]))
  const relays = new Map(
    wiring.outputs.map(({ name, output }) => [
      name,
      new five.Relay({ board, pin: output.pin, type: output.activeLow ? 'NC' : 'NO' }),
    ]),
  )
  return {
    isHigh: (pin) => contacts.get(pin)?.isClosed ?? false,
    fraction: (input) => sensors.get(input)?.fraction() ?? 0,
    switchOutput(name, on) {
      const relay = relays.get(name)
      if (on) relay?.close()
      else relay?.open()
    },
    release() {
      for (const { sensor } of sensors.values()) sensor.disable()
      const made = (five.Board as unknown as { readonly cache: unknown[] }).cache
      made.splice(made.indexOf(board), 1)
    },
  }
}

/** `isClosed` means high: which level a closed loop has is decided elsewhere. `NO` is its word for the pull-up. */
function createContact(board: five.Board, pin: number, pullUp: boolean): five.Switch {
  return new five.Switch({ board, pin, type: pullUp ? 'NO' : 'NC', invert: false } as five.SwitchOption)
}

/** What its types leave out or have as a callback of another shape. */
type UntypedSensor = Omit<five.Sensor, 'on'> & {
  readonly resolution: number
  disable(): void
  on(event: 'data', callback: (value: number) => void): void
}

function createSensor(board: five.Board, pin: AnalogInput) {
  const sensor = new five.Sensor({ board, pin, freq: MEDIAN_MS }) as unknown as UntypedSensor
  let counts = 0
  sensor.on('data', (value: number) => {
    counts = value
  })
  return { sensor, fraction: () => counts / (sensor.resolution + 1) }
}
