import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { AlarmNotice } from './manscdp.ts'

/** What an alarm says of a probe. */
export interface AlarmMeaning {
  readonly status: ProbeStatus
  readonly cause: string
  readonly confidence: number
}

/**
 * Alarms by method and type; all others (motion, tripwires, alarm inputs, …) say nothing of how the probe itself is.
 * @see GB/T 28181-2016 annex A.2.5 (AlarmMethod, AlarmType); GB/T 28181-2022 for 5/13
 */
const MEANINGS: { readonly [methodAndType: string]: AlarmMeaning } = {
  '2/1': { status: 'offline', cause: 'video-lost', confidence: 0.9 },
  '2/2': { status: 'tampered', cause: 'tamper-alarm', confidence: 0.9 },
  '2/3': { status: 'online', cause: 'disk-full', confidence: 0.9 },
  '2/4': { status: 'online', cause: 'too-hot', confidence: 0.9 },
  '2/5': { status: 'online', cause: 'too-cold', confidence: 0.9 },
  // The picture is not as it should be; devices send it for anything from a veil over the lens to a lost colour.
  '5/11': { status: 'occluded', cause: 'video-abnormal', confidence: 0.4 },
  '5/13': { status: 'occluded', cause: 'occlusion-alarm', confidence: 0.9 },
  '6/1': { status: 'online', cause: 'disk-fault', confidence: 0.9 },
  '6/2': { status: 'online', cause: 'fan-fault', confidence: 0.9 },
}

/** `null`: the alarm says nothing of how the probe is. */
export const meaningOf = ({ method, type }: AlarmNotice): AlarmMeaning | null => MEANINGS[`${method}/${type}`] ?? null

/** Of two alarms that stand, the one that is told. */
const RANKS: { readonly [S in ProbeStatus]?: number } = { tampered: 3, offline: 2, occluded: 1 }
export const outranks = (one: AlarmMeaning, other: AlarmMeaning): boolean =>
  (RANKS[one.status] ?? 0) > (RANKS[other.status] ?? 0)
