/** A township's 148 probes of GB/T 28181: single cameras over UDP and TCP, and a recorder; which fault each gets. */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'

export const PLATFORM = '34020000002000000001'
export const REALM = '3402000000'
export const PASSWORD = 'mine-12345'

const UDP_CAMERAS = 116
const TCP_CAMERAS = 16
const CHANNELS = 16
export const PROBES = UDP_CAMERAS + TCP_CAMERAS + CHANNELS

export interface CameraPlan {
  readonly id: string
  readonly transport: 'UDP' | 'TCP'
  readonly probes: readonly { readonly id: string; readonly channel: string }[]
}

const number = (type: number, i: number) => `${REALM}${type}1${String(i).padStart(6, '0')}`

export const RECORDER = number(118, 1)
export const CAMERAS: readonly CameraPlan[] = [
  ...Array.from({ length: UDP_CAMERAS + TCP_CAMERAS }, (_, i): CameraPlan => {
    const id = number(132, i)
    return { id, transport: i < UDP_CAMERAS ? 'UDP' : 'TCP', probes: [{ id: `probe-${i}`, channel: id }] }
  }),
  {
    id: RECORDER,
    transport: 'TCP',
    probes: Array.from({ length: CHANNELS }, (_, i) => ({ id: `channel-${i}`, channel: number(131, 1_000 + i) })),
  },
]

/** Entries for `devices` of a configuration. */
export const cameraDevices = CAMERAS.map(({ id, probes }) => ({ id, probes }))

/** What was told last of each probe. */
export function lastProbes(readings: Iterable<ReadingOf<'probe'>>): Map<string, ReadingOf<'probe'>> {
  const last = new Map<string, ReadingOf<'probe'>>()
  for (const reading of readings) {
    const sensor = String(reading.sensor)
    const before = last.get(sensor)
    if (!before || before.measuredAt <= reading.measuredAt) last.set(sensor, reading)
  }
  return last
}

/** Of all probes, in percent with one decimal; a probe of which nothing is known is not online. */
export function onlineRate(readings: Iterable<ReadingOf<'probe'>>): number {
  const online = [...lastProbes(readings).values()].filter(({ fields }) => fields.status === 'online').length
  return Math.round((1_000 * online) / PROBES) / 10
}
