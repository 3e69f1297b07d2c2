import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { SourceName } from './library.ts'

/** Something that shakes the ground or the air at a sensor. */
export interface Shaking {
  readonly kind: 'shaking'
  readonly atMs: number
  readonly forMs: number
  readonly source: SourceName
  readonly example: number
  /** In m/s or Pa at the sensor, when it is strongest. */
  readonly peak: number
  readonly cause: string
}

/** A consumer that is on for a while. */
export interface Load {
  readonly kind: 'load'
  readonly atMs: number
  readonly forMs: number
  readonly watts: number
  /** Reactive over active power: 0.5 to 0.9 for motors, 0 for heaters, more for a welder's transformer. */
  readonly tan: number
  /** On one phase alone. */
  readonly single: boolean
  /** Seams of a welder, strokes of a machine: share of the time it draws, in turns of some seconds. */
  readonly share: number
  readonly cause: string
}

export interface ProbeChange {
  readonly kind: 'probe'
  readonly atMs: number
  readonly forMs: number
  readonly status: ProbeStatus
  readonly cause: string
}

/** Something is wrong with the site's equipment. */
export interface Fault {
  readonly kind: 'fault'
  readonly atMs: number
  readonly forMs: number
  readonly fault:
    | 'outage'
    | 'uplink'
    | 'reboot'
    | 'geophone-dead'
    | 'geophone-flat'
    | 'meter-silent'
    | 'clock-ahead'
    | 'clock-behind'
  /** How far a clock is off. */
  readonly byMs: number
  readonly cause: string
}

export type Happening = Shaking | Load | ProbeChange | Fault
