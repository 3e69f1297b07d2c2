/** What rendered cameras go through: weather and passers-by that must not be called tampering, and attacks that must. */
import type { ProbeStatus } from '@minewarden/protocol/ids.ts'
import type { Conditions } from './conditions.ts'
import type { Chance } from './random.ts'

/** One course of events before a camera that has learnt its scene; look by look. */
export interface Course {
  readonly name: string
  /** Statuses of which one must come; empty: none but `online` may. */
  readonly expects: readonly ProbeStatus[]
  readonly looks: number
  readonly everyMs: number
  /** Local time of the calm looks before it, and of its first look. */
  readonly hour: number
  /** The hour does not go on by itself when it is given here. */
  readonly at: (look: number, random: Chance) => Partial<Conditions>
  /** What the camera sends instead of what it sees: the pictures of so many looks before, over and over. */
  readonly replays?: number
  /** Qualities between which the encoder changes from picture to picture; otherwise it keeps one. */
  readonly qualities?: readonly number[]
}

const MINUTE = 60_000
const harmless = (name: string, hour: number, at: Course['at'], looks = 18, everyMs = MINUTE): Course => ({
  name,
  expects: [],
  looks,
  everyMs,
  hour,
  at,
})
const attack = (
  name: string,
  expects: readonly ProbeStatus[],
  hour: number,
  conditions: Partial<Conditions>,
  replays?: number,
): Course => ({
  name,
  expects,
  looks: replays === undefined ? 9 : 9 + 2 * replays,
  everyMs: MINUTE,
  hour,
  at: () => conditions,
  ...(replays === undefined ? {} : { replays }),
})

export const HARMLESS: readonly Course[] = [
  harmless('calm day', 12, () => ({})),
  harmless('calm night', 23.5, () => ({})),
  harmless('clear sky, shadows move', 7.5, () => ({ cloud: 0 }), 30, 16 * MINUTE),
  harmless('clouds before the sun', 14, (_, random) => ({ cloud: random.next() < 0.5 ? 0 : 1 })),
  harmless('dusk, infrared comes on', 16.8, (look) => ({ hour: 16.8 + look * 0.08 }), 24, 5 * MINUTE),
  harmless('dawn, infrared goes off', 5, (look) => ({ hour: 5 + look * 0.08 }), 24, 5 * MINUTE),
  harmless('rain by day', 15, () => ({ rain: 1, cloud: 1, fog: 0.008, drops: 6 })),
  harmless('rain at night', 21, () => ({ rain: 1, fog: 0.008, drops: 5 })),
  harmless('fog comes by day', 9, (look) => ({ cloud: 1, fog: 0.003 * 1.25 ** look }), 24, 2 * MINUTE),
  harmless('fog comes at night', 2, (look) => ({ fog: 0.003 * 1.22 ** look }), 24, 2 * MINUTE),
  harmless('headlights sweep past', 22, (look) => ({ headlights: look % 4 < 2 ? 0.15 + 0.35 * (look % 4) : null })),
  harmless('insects before the lens', 21.5, (_, random) => ({ insects: Math.floor(random.between(0, 6)) })),
  harmless('spider web at night', 1, () => ({ web: true })),
  harmless(
    'snow falls and lies',
    10,
    (look) => ({ snowfall: 0.7, cloud: 1, snowCover: Math.min(0.9, look * 0.04), fog: 0.006 }),
    26,
    4 * MINUTE,
  ),
  harmless('storm in the leaves', 13, () => ({ wind: 1, cloud: 0.8 })),
  harmless('trucks and people pass', 10.5, (look) => ({
    truck: look % 5 < 2 ? 0.2 + 0.3 * (look % 5) : null,
    people: look % 3,
  })),
  harmless('truck stops for five looks', 8.5, (look) => ({ truck: look > 2 && look < 8 ? 0.5 : null })),
  harmless('dust of a blast for three looks', 13.5, (look) => ({ fog: look > 3 && look < 7 ? 0.3 : 0.004 })),
  harmless('storm at night, rain and headlights', 20.5, (_, random) => ({
    rain: 1,
    wind: 1,
    drops: 8,
    fog: 0.006,
    headlights: random.next() < 0.25 ? random.next() : null,
  })),
  harmless('mist and low sun', 7.2, (_, random) => ({ cloud: 0, fog: 0.006 + 0.006 * random.next() })),
  harmless('drops stay on the glass', 16, () => ({ drops: 9 })),
]

const covered: readonly ProbeStatus[] = ['occluded']
const away: readonly ProbeStatus[] = ['moved']

export const ATTACKS: readonly Course[] = [
  attack('cloth by day', covered, 12, { cover: { kind: 'cloth', share: 1 } }),
  attack('cloth at night', covered, 23, { cover: { kind: 'cloth', share: 1 } }),
  attack('hand over 80 %', covered, 14, { cover: { kind: 'hand', share: 0.8 } }),
  attack('paint over 40 %', covered, 11, { cover: { kind: 'paint', share: 0.4 } }),
  attack('paint over 60 %', covered, 9.5, { cover: { kind: 'paint', share: 0.6 } }),
  attack('paint over all', covered, 13, { cover: { kind: 'paint', share: 1 } }),
  attack('paint over 60 % at night', covered, 3, { cover: { kind: 'paint', share: 0.6 } }),
  attack('wrapped by day', ['dark', 'occluded'], 15, { cover: { kind: 'wrap', share: 1 } }),
  attack('turned by 5 degrees', away, 11.5, { turnDegrees: 5 }),
  attack('turned by 15 degrees', away, 9, { turnDegrees: -15 }),
  attack('turned by 45 degrees', away, 14.5, { turnDegrees: 45 }),
  attack('turned by 90 degrees', away, 10.5, { turnDegrees: -90 }),
  attack('turned by 12 degrees at night', away, 22.5, { turnDegrees: 12 }),
  attack('turned by 60 degrees at night', ['moved', 'occluded'], 0.5, { turnDegrees: 60 }),
  attack('pushed up by 6 degrees', away, 12.5, { tiltDegrees: -6, turnDegrees: 2 }),
  attack('pushed askew by 8 degrees', away, 13.5, { rollDegrees: 8, tiltDegrees: 3 }),
  attack('out of focus', covered, 12, { defocus: 6 }),
  attack('far out of focus', covered, 10, { defocus: 12 }),
  attack('out of focus at night', covered, 21, { defocus: 7 }),
  attack('last picture frozen', ['frozen'], 12, {}, 1),
  attack('last picture frozen at night', ['frozen'], 2, {}, 1),
  attack('loop of 12 pictures', ['frozen'], 15.5, {}, 12),
  {
    ...attack('last picture frozen, encoded anew', ['frozen'], 10.5, {}, 1),
    looks: 26,
    qualities: [70, 73, 76, 79, 82],
  },
  attack('lamp held at the lens by day', covered, 11, { dazzle: 1 }),
  attack('lamp held at the lens at night', covered, 20, { dazzle: 1 }),
  attack('power cut at night', ['dark'], 1.5, { lamp: false }),
]
