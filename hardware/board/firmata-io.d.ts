/** The part of firmata-io 2.3 that is used; the package brings no types. */
declare module 'firmata-io' {
  import type { EventEmitter } from 'node:events'

  class Firmata extends EventEmitter {
    constructor(transport: EventEmitter, options: { reportVersionTimeout?: number })
    readonly MODES: { readonly INPUT: number; readonly OUTPUT: number }
    readonly pins: { readonly mode?: number; readonly state?: number; readonly supportedModes: readonly number[] }[]
    readonly analogPins: readonly number[]
    readonly ports: number[]
    readonly firmware: { readonly name?: string; readonly version?: { readonly major: number; readonly minor: number } }
    readonly buffer: number[]
    readonly reportVersionTimeoutId: NodeJS.Timeout
    readonly isReady: boolean
    versionReceived: boolean
    reportVersion(done: () => void): void
    queryFirmware(done: () => void): void
    queryPinState(pin: number, done: () => void): void
    pinMode(pin: number, mode: number): void
    digitalWrite(pin: number, value: 0 | 1): void
    writeDigitalPort(port: number): void
    reportDigitalPin(pin: number, value: 0 | 1): void
    reportAnalogPin(channel: number, value: 0 | 1): void
    setSamplingInterval(ms: number): void
  }
  const bindTransport: { readonly Firmata: typeof Firmata }
  export = bindTransport
}
