import type { PortIndex, PortState } from './chip.ts'

/** Pins of an Arduino Uno: 0-7 are port D, 8-13 port B, 14-19 (A0-A5) port C. */
export const UNO_PINS = 20
const FIRST_PIN: readonly number[] = [0, 8, 14]

type PinListener = (high: boolean, cycle: number) => void

/** The wires at the chip's pins: who drives each, and who watches. */
export interface Pins {
  drive(pin: number, high: boolean | null): void
  level(pin: number): boolean
  isOutput(pin: number): boolean
  onPin(pin: number, listener: PinListener): void
  /** The chip changed a port: its state now. */
  portChanged(port: PortIndex, state: PortState): void
  /** The chip is in reset: all its pins float. */
  release(): void
  /** Tells a new chip what lies on its pins. */
  applyInputs(): void
}

export function createPins(setPin: (port: PortIndex, bit: number, high: boolean) => void, cycle: () => number): Pins {
  const driven = new Array<boolean | null>(UNO_PINS).fill(null)
  const outputs = new Array<boolean>(UNO_PINS).fill(false)
  /** What the chip puts out, or that its pull-up is on. */
  const inner = new Array<boolean>(UNO_PINS).fill(false)
  const seen = new Array<boolean>(UNO_PINS).fill(false)
  const listeners = new Map<number, PinListener[]>()

  const level = (pin: number): boolean => (outputs[pin] ? inner[pin]! : (driven[pin] ?? inner[pin]!))
  const place = (pin: number): { port: PortIndex; bit: number } => {
    if (!Number.isInteger(pin) || pin < 0 || pin >= UNO_PINS) throw new RangeError(`an Arduino Uno has no pin ${pin}`)
    const port = pin < 8 ? 0 : pin < 14 ? 1 : 2
    return { port, bit: pin - FIRST_PIN[port]! }
  }
  const settle = (pin: number, byChip: boolean) => {
    const high = level(pin)
    if (high === seen[pin]) return
    seen[pin] = high
    if (byChip) for (const listener of listeners.get(pin) ?? []) listener(high, cycle())
  }
  const feed = (pin: number) => {
    const { port, bit } = place(pin)
    setPin(port, bit, driven[pin] ?? (!outputs[pin] && inner[pin]!))
  }
  return {
    drive(pin, high) {
      place(pin)
      driven[pin] = high
      settle(pin, false)
      feed(pin)
    },
    level(pin) {
      place(pin)
      return level(pin)
    },
    isOutput(pin) {
      place(pin)
      return outputs[pin]!
    },
    onPin(pin, listener) {
      place(pin)
      listeners.set(pin, [...(listeners.get(pin) ?? []), listener])
    },
    portChanged(port, state) {
      const first = FIRST_PIN[port]!
      const last = FIRST_PIN[port + 1] ?? UNO_PINS
      for (let pin = first; pin < last; pin++) {
        const mask = 1 << (pin - first)
        const output = (state.outputs & mask) !== 0
        const high = (state.levels & mask) !== 0
        if (output === outputs[pin] && high === inner[pin]) continue
        outputs[pin] = output
        inner[pin] = high
        feed(pin)
        settle(pin, true)
      }
    },
    release() {
      outputs.fill(false)
      inner.fill(false)
      for (let pin = 0; pin < UNO_PINS; pin++) settle(pin, true)
    },
    applyInputs() {
      for (let pin = 0; pin < UNO_PINS; pin++) feed(pin)
    },
  }
}
