import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { MachineName } from './machines.ts'

/** A machine at work. */
export interface MachineAct {
  readonly kind: 'machine'
  readonly machine: MachineName
  readonly fromS: number
  readonly forS: number
  /** From the geophone. */
  readonly distanceM: number
  /** Electrical, at full load; default the machine's own. */
  readonly ratedW?: number
}

/** A round of shot holes, fired one after the other. */
export interface RoundAct {
  readonly kind: 'round'
  readonly atS: number
  readonly distanceM: number
  readonly holes: number
  readonly delayMs: number
  /** Per delay. */
  readonly chargeKg: number
  /** How well the air wave gets out. */
  readonly where: 'underground' | 'surface'
}

export interface EarthquakeAct {
  readonly kind: 'earthquake'
  /** Of the arrival of P. */
  readonly atS: number
  readonly distanceKm: number
  readonly magnitude: number
}

/** A vehicle that passes; `fromS` is before it is felt. */
export interface VehicleAct {
  readonly kind: 'vehicle'
  readonly fromS: number
  readonly forS: number
  /** Of its nearest point. */
  readonly distanceM: number
}

/** Someone who walks past. */
export interface FootstepsAct {
  readonly kind: 'footsteps'
  readonly fromS: number
  readonly forS: number
  readonly distanceM: number
}

/** Arc welding from one phase, in seams of seconds. */
export interface WelderAct {
  readonly kind: 'welder'
  readonly fromS: number
  readonly forS: number
  readonly ratedW: number
}

export interface ProbeAct {
  readonly kind: 'probe'
  readonly atS: number
  readonly status: ProbeStatus
}

/** Something that happens at or near a site, in seconds from the scenario's start. */
export type Act = MachineAct | RoundAct | EarthquakeAct | VehicleAct | FootstepsAct | WelderAct | ProbeAct
